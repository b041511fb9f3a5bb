export default {
  section: "OIDC Core §12.2",
  about: "azp of the refreshed ID token is another client",
  expect: { accepted: true },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, azp: "another-client" }),
};
