export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has an audience that the one of the login did not have",
  expect: { error: "id_token_invalid", claim: "aud" },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, aud: [claims.aud, "another-client"], azp: claims.aud }),
};
