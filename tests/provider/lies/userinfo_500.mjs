export default {
  section: "OIDC Core §5.3.3",
  about: "the UserInfo endpoint fails",
  expect: { error: "userinfo_invalid" },
  when: "userinfo",
  userinfoAnswer: (answer) => ({ ...answer, status: 500 }),
};
