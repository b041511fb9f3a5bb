export default {
  section: "OIDC Core §5.3.2",
  about: "the UserInfo answer says that it is HTML",
  expect: { error: "userinfo_invalid" },
  when: "userinfo",
  userinfoAnswer: (answer) => ({ ...answer, headers: { "content-type": "text/html" } }),
};
