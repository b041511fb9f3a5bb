export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has another aud",
  expect: { error: "id_token_invalid", claim: "aud" },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, aud: "another-client" }),
};
