export default {
  section: "OIDC Core §3.1.3.7 (7)",
  about: "the metadata do not list an algorithm, and the server does not sign with RS256",
  expect: { error: "id_token_invalid", claim: "alg" },
  metadata: ({ id_token_signing_alg_values_supported, ...document }) => document,
};
