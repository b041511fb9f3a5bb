export default {
  section: "OIDC Core §5.3.2",
  about: "the UserInfo answer is about another user",
  expect: { error: "userinfo_invalid", claim: "sub" },
  when: "userinfo",
  userinfo: (claims) => ({ ...claims, sub: "eve" }),
};
