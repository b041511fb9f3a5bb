export default {
  section: "OIDC Core §12.2",
  about: "the refreshed ID token has another nonce",
  expect: { error: "id_token_invalid", claim: "nonce" },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, nonce: "another-nonce" }),
};
