export default {
  section: "RFC 9700 §4.12",
  about: "the UserInfo endpoint redirects the access token to another place",
  expect: { error: "network_failed" },
  when: "userinfo",
  userinfoAnswer: (answer, { issuer }) => ({ status: 307, headers: { location: `${issuer}/elsewhere` }, body: "" }),
};
