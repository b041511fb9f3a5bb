export default {
  section: "OIDC Core §5.5.1.1",
  about: "an acr was asked for, but was not essential, and none is there",
  expect: { accepted: true },
  options: { extraParams: { claims: '{"id_token":{"acr":{"values":["gold"]}}}' } },
};
