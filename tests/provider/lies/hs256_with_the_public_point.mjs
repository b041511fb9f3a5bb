import { createHmac } from "node:crypto";

export default {
  section: "RFC 8725 §2.1",
  about: "alg is HS256, and the secret is the public key's x, as bytes",
  expect: { error: "id_token_invalid", claim: "alg" },
  header: (header) => ({ ...header, alg: "HS256" }),
  signature: (signature, { input, key }) =>
    createHmac("sha256", Buffer.from(key.x, "base64url")).update(input).digest(),
};
