export default {
  section: "OIDC Core §3.1.3.7 (2)",
  about: "iss begins with the issuer and is longer",
  expect: { error: "id_token_invalid", claim: "iss" },
  claims: (claims) => ({ ...claims, iss: `${claims.iss}.attacker.example` }),
};
