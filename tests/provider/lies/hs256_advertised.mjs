import { createHmac } from "node:crypto";

export default {
  section: "OIDC Core §3.1.3.7 (8)",
  about: "alg is HS256, as the metadata says, with a secret that a public client does not have",
  expect: { error: "id_token_invalid", claim: "alg" },
  metadata: (document) => ({ ...document, id_token_signing_alg_values_supported: ["ES256", "HS256"] }),
  header: (header) => ({ ...header, alg: "HS256" }),
  signature: (signature, { input }) => createHmac("sha256", "").update(input).digest(),
};
