export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has no sub",
  expect: { error: "id_token_invalid", claim: "sub" },
  when: "refresh",
  refreshedClaims: ({ sub, ...claims }) => claims,
};
