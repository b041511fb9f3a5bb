export default {
  section: "OIDC Core §3.1.3.7 (5)",
  about: "aud has another client beside this one, and azp is the other one",
  expect: { error: "id_token_invalid", claim: "azp" },
  claims: (claims) => ({ ...claims, aud: [claims.aud, "another-client"], azp: "another-client" }),
};
