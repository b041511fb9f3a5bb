import { createHmac } from "node:crypto";

export default {
  section: "RFC 8725 §2.1",
  about: "alg is HS256, and the secret is the public key's n, as text",
  expect: { error: "id_token_invalid", claim: "alg" },
  alg: "RS256",
  header: (header) => ({ ...header, alg: "HS256" }),
  signature: (signature, { input, key }) => createHmac("sha256", key.n).update(input).digest(),
};
