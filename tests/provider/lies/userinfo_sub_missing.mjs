export default {
  section: "OIDC Core §5.3.2",
  about: "the UserInfo answer has no sub",
  expect: { error: "userinfo_invalid", claim: "sub" },
  when: "userinfo",
  userinfo: ({ sub, ...claims }) => claims,
};
