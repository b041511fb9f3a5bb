export default {
  section: "OIDC Core §5.5.1.1",
  about: "a voluntary acr was requested, and there is none",
  expect: { accepted: true },
  options: { extraParams: { claims: '{"id_token":{"acr":{"values":["gold"]}}}' } },
};
