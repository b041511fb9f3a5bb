export default {
  section: "RFC 8259 §4",
  about: "the UserInfo answer has sub twice",
  expect: { error: "userinfo_invalid" },
  when: "userinfo",
  userinfoAnswer: (answer) => ({ ...answer, body: answer.body.replace("{", '{"sub":"eve",') }),
};
