export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has the nonce of the login, which is allowed",
  expect: { accepted: true },
  when: "refresh",
  refreshedClaims: (claims, { nonce }) => ({ ...claims, nonce }),
};
