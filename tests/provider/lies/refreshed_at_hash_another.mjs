export default {
  section: "OIDC Core §12.2",
  about: "at_hash of the refreshed ID token belongs to another access token",
  expect: { accepted: true },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }),
};
