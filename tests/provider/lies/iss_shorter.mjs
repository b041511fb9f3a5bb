export default {
  section: "OIDC Core §3.1.3.7 (2)",
  about: "iss is the origin of the issuer, without its path",
  expect: { error: "id_token_invalid", claim: "iss" },
  claims: (claims) => ({ ...claims, iss: new URL(claims.iss).origin }),
};
