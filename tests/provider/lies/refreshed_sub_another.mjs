export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token is about another user",
  expect: { error: "id_token_invalid", claim: "sub" },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, sub: "eve" }),
};
