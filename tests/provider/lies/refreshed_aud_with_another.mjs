export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has an audience that the login's ID token did not have",
  expect: { accepted: true },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, aud: [claims.aud, "another-client"], azp: claims.aud }),
};
