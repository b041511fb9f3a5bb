export default {
  section: "OIDC Core §5.3.2",
  about: "UserInfo is requested, and everything is correct",
  expect: { accepted: true },
  when: "userinfo",
};
