export default {
  section: "OIDC Core §5.3.2",
  about: "UserInfo is asked for, and nothing is wrong",
  expect: { accepted: true },
  when: "userinfo",
};
