export default {
  section: "RFC 8725 §3.1",
  about: "alg is RS256, and the signature is right, but the metadata has ES256 only",
  expect: { error: "id_token_invalid", claim: "alg" },
  alg: "RS256",
  metadata: (document) => ({ ...document, id_token_signing_alg_values_supported: ["ES256"] }),
};
