export default {
  section: "OIDC Core §5.3.2",
  about: "the UserInfo answer is cut off",
  expect: { error: "userinfo_invalid" },
  when: "userinfo",
  userinfoAnswer: (answer) => ({ ...answer, body: answer.body.slice(0, -1) }),
};
