export default {
  section: "RFC 8725 §3.2",
  about: "alg is none, and the metadata says that this is how the server signs",
  expect: { error: "id_token_invalid", claim: "alg" },
  metadata: (document) => ({ ...document, id_token_signing_alg_values_supported: ["none", "ES256"] }),
  header: (header) => ({ ...header, alg: "none" }),
  signature: () => Buffer.alloc(0),
};
