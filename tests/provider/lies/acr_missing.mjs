export default {
  section: "OIDC Core §5.5.1.1",
  about: "an acr was essential, and the token has none",
  expect: { error: "id_token_invalid", claim: "acr" },
  options: { extraParams: { claims: '{"id_token":{"acr":{"essential":true,"values":["gold"]}}}' } },
  user: { acr: "gold" },
  claims: ({ acr, ...claims }) => claims,
};
