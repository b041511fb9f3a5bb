export default {
  section: "RFC 6750 §3.1",
  about: "the UserInfo endpoint refuses the access token",
  expect: { error: "userinfo_invalid" },
  when: "userinfo",
  userinfoAnswer: (answer) => ({ ...answer, status: 401, body: '{"error":"invalid_token"}' }),
};
