export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has another auth_time",
  expect: { accepted: true },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, auth_time: claims.auth_time - 60 }),
};
