export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has another nonce",
  expect: { accepted: true },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, nonce: "another-nonce" }),
};
