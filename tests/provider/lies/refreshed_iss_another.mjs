export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has another iss",
  expect: { error: "id_token_invalid", claim: "iss" },
  when: "refresh",
  refreshedClaims: (claims, { honest }) => ({ ...claims, iss: honest }),
};
