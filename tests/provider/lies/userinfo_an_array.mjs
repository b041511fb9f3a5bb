export default {
  section: "OIDC Core §5.3.2",
  about: "the UserInfo answer is an array",
  expect: { error: "userinfo_invalid" },
  when: "userinfo",
  userinfo: (claims) => [claims],
};
