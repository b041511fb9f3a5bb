export default {
  section: "OIDC Core §5.5.1.1",
  about: "acr is one of those that were essential",
  expect: { accepted: true },
  options: { extraParams: { claims: '{"id_token":{"acr":{"essential":true,"values":["gold","silver"]}}}' } },
  claims: (claims) => ({ ...claims, acr: "silver" }),
};
