export default {
  section: "OIDC Core §3.1.3.7 (4)",
  about: "aud has another client beside this one, and there is no azp",
  expect: { error: "id_token_invalid", claim: "azp" },
  claims: (claims) => ({ ...claims, aud: [claims.aud, "another-client"] }),
};
