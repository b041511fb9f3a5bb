import { createHmac } from "node:crypto";

export default {
  section: "RFC 8725 §2.1",
  about: "alg is HS256, as the metadata says, and the JWK Set holds the secret",
  expect: { error: "id_token_invalid", claim: "alg" },
  metadata: (document) => ({ ...document, id_token_signing_alg_values_supported: ["ES256", "HS256"] }),
  header: (header) => ({ ...header, alg: "HS256", kid: "shared" }),
  signature: (signature, { input }) => createHmac("sha256", "secret").update(input).digest(),
  keys: (keys) => [...keys, { kty: "oct", kid: "shared", alg: "HS256", use: "sig", k: "c2VjcmV0" }],
};
