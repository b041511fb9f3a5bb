export default {
  section: "OIDC Core §12.2",
  about: "at_hash of the refreshed ID token is of another access token",
  expect: { error: "id_token_invalid", claim: "at_hash" },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }),
};
