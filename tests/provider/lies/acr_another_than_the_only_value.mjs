export default {
  section: "OIDC Core §5.5.1.1",
  about: "an acr was essential, requested by value, and the token has another one",
  expect: { error: "id_token_invalid", claim: "acr" },
  options: { extraParams: { claims: '{"id_token":{"acr":{"essential":true,"value":"gold"}}}' } },
  user: { acr: "gold" },
  claims: (claims) => ({ ...claims, acr: "bronze" }),
};
