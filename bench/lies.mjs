// Twelve responses, each with one error, by the name of the error.
import { createHmac, createPublicKey } from "node:crypto";
import { base64url, keys, sign } from "../tests/provider/jose.mjs";

const key = keys["rsa-1"];
const input = (header, claims) => `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
const header = { alg: "RS256", kid: key.kid, typ: "JWT" };

/** A correct token. */
export const jwt = (claims) => `${input(header, claims)}.${base64url(sign(input(header, claims), key, "RS256"))}`;

/** Each lie is hooks of the provider. A hook gets the true value and returns the value to send instead. */
export const lies = {
  "forged signature": {
    signature: (signature, { input }) => sign(input, keys["rsa-2"], "RS256"),
  },
  "alg none": { header: () => ({ alg: "none", typ: "JWT" }), signature: () => new Uint8Array() },
  "HS256 with the public key": {
    header: (header) => ({ ...header, alg: "HS256" }),
    signature(signature, { input }) {
      const pem = createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "pem" });
      return createHmac("sha256", pem).update(input).digest();
    },
  },
  "iss of another": { claims: (claims) => ({ ...claims, iss: "https://another.example" }) },
  "aud of another": { claims: (claims) => ({ ...claims, aud: "another" }) },
  "azp of another": { claims: (claims) => ({ ...claims, aud: [claims.aud, "another"], azp: "another" }) },
  "nonce of another": { claims: (claims) => ({ ...claims, nonce: "another" }) },
  "no nonce": { claims: ({ nonce, ...claims }) => claims },
  expired: { claims: (claims) => ({ ...claims, iat: claims.iat - 7200, exp: claims.exp - 7200 }) },
  "no ID token": { tokenResponse: ({ id_token, ...answer }) => answer },
  "response: iss of another": { authorizationResponse: (parameters) => ({ ...parameters, iss: "https://another.example" }) },
  "response: state of another": { authorizationResponse: (parameters) => ({ ...parameters, state: "another" }) },
};
