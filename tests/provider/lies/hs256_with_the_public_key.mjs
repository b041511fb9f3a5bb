import { createHmac, createPublicKey } from "node:crypto";

export default {
  section: "RFC 8725 §2.1",
  about: "alg is HS256, and the secret is the public key as PEM",
  expect: { error: "id_token_invalid", claim: "alg" },
  alg: "RS256",
  header: (header) => ({ ...header, alg: "HS256" }),
  signature(signature, { input, key, publicJwk }) {
    const pem = createPublicKey({ key: publicJwk(key), format: "jwk" }).export({ type: "spki", format: "pem" });
    return createHmac("sha256", pem).update(input).digest();
  },
};
