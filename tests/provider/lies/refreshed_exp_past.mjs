export default {
  section: "OIDC Core §12.2",
  about: "exp of the refreshed ID token is past",
  expect: { error: "id_token_invalid", claim: "exp" },
  when: "refresh",
  refreshedClaims: (claims, { now }) => ({ ...claims, iat: now - 300, exp: now - 120 }),
};
