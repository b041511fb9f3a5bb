export default {
  section: "OIDC Core §5.3.2",
  about: "sub of the UserInfo answer is an array of the subject",
  expect: { error: "userinfo_invalid", claim: "sub" },
  when: "userinfo",
  userinfo: (claims) => ({ ...claims, sub: [claims.sub] }),
};
