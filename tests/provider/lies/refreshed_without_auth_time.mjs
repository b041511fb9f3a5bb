export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has no auth_time",
  expect: { accepted: true },
  when: "refresh",
  refreshedClaims: ({ auth_time, ...claims }) => claims,
};
