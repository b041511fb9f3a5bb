export default {
  section: "OIDC Core §12.2",
  about: "the tokens are refreshed, and everything is correct",
  expect: { accepted: true },
  when: "refresh",
};
