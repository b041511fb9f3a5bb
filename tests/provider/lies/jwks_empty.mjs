export default {
  section: "OIDC Core §10.1",
  about: "the JWK Set is empty",
  expect: { error: "id_token_invalid", claim: "kid" },
  keys: () => [],
};
