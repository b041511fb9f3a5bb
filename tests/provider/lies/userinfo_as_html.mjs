export default {
  section: "OIDC Core §5.3.2",
  about: "the content type of the UserInfo answer is HTML",
  expect: { error: "userinfo_invalid" },
  when: "userinfo",
  userinfoAnswer: (answer) => ({ ...answer, headers: { "content-type": "text/html" } }),
};
