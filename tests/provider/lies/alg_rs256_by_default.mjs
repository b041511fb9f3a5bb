export default {
  section: "OIDC Core §3.1.3.7 (7)",
  about: "the metadata do not list an algorithm, and the server signs with RS256",
  expect: { accepted: true },
  alg: "RS256",
  metadata: ({ id_token_signing_alg_values_supported, ...document }) => document,
};
