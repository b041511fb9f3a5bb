export default {
  section: "OIDC Core §12.2",
  about: "the tokens are refreshed, and nothing is wrong",
  expect: { accepted: true },
  when: "refresh",
};
