export default {
  section: "OIDC Core §3.1.3.7 (7)",
  about: "the metadata does not say how the server signs, and it is not RS256",
  expect: { error: "id_token_invalid", claim: "alg" },
  metadata: ({ id_token_signing_alg_values_supported, ...document }) => document,
};
