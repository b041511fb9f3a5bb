export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has another auth_time",
  expect: { error: "id_token_invalid", claim: "auth_time" },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, auth_time: claims.auth_time - 60 }),
};
