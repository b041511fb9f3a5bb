export default {
  section: "OIDC Core §12.2",
  about: "azp of the refreshed ID token is another client",
  expect: { error: "id_token_invalid", claim: "azp" },
  when: "refresh",
  refreshedClaims: (claims) => ({ ...claims, azp: "another-client" }),
};
