export default {
  section: "RFC 8725 §3.1",
  about: "alg is ES256K, as the metadata says",
  expect: { error: "id_token_invalid", claim: "alg" },
  metadata: (document) => ({ ...document, id_token_signing_alg_values_supported: ["ES256", "ES256K"] }),
  header: (header) => ({ ...header, alg: "ES256K" }),
};
