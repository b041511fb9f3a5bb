export default {
  section: "OIDC Core §5.5.1.1",
  about: "acr is one of the essential values",
  expect: { accepted: true },
  options: { extraParams: { claims: '{"id_token":{"acr":{"essential":true,"values":["gold","silver"]}}}' } },
  user: { acr: "gold" },
  claims: (claims) => ({ ...claims, acr: "silver" }),
};
