// Twelve responses of which one thing is wrong, by what it is.
import { createHmac, createPublicKey } from "node:crypto";
import { base64url, keys, sign } from "../tests/provider/jose.mjs";

const key = keys["rsa-1"];
const input = (header, claims) => `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
const header = { alg: "RS256", kid: key.kid, typ: "JWT" };

/**
 * @typedef {object} Lie Each member gets the truth and gives back what is said in its place.
 * @property {(claims: object) => object} [claims] of the ID token
 * @property {(claims: object) => string} [token] the ID token, signed
 * @property {(answer: object) => object} [answer] of the token endpoint
 * @property {(parameters: object) => object} [response] to the authorization request
 */

/** @type {Record<string, Lie>} */
export const lies = {
  "forged signature": {
    token: (claims) => `${input(header, claims)}.${base64url(sign(input(header, claims), keys["rsa-2"], "RS256"))}`,
  },
  "alg none": { token: (claims) => `${input({ alg: "none", typ: "JWT" }, claims)}.` },
  "HS256 with the public key": {
    token(claims) {
      const pem = createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "pem" });
      const signed = input({ ...header, alg: "HS256" }, claims);
      return `${signed}.${createHmac("sha256", pem).update(signed).digest("base64url")}`;
    },
  },
  "iss of another": { claims: (claims) => ({ ...claims, iss: "https://another.example" }) },
  "aud of another": { claims: (claims) => ({ ...claims, aud: "another" }) },
  "azp of another": { claims: (claims) => ({ ...claims, aud: [claims.aud, "another"], azp: "another" }) },
  "nonce of another": { claims: (claims) => ({ ...claims, nonce: "another" }) },
  "no nonce": { claims: ({ nonce, ...claims }) => claims },
  expired: { claims: (claims) => ({ ...claims, iat: claims.iat - 7200, exp: claims.exp - 7200 }) },
  "no ID token": { answer: ({ id_token, ...answer }) => answer },
  "response: iss of another": { response: (parameters) => ({ ...parameters, iss: "https://another.example" }) },
  "response: state of another": { response: (parameters) => ({ ...parameters, state: "another" }) },
};
