export default {
  section: "OIDC Core §5.3.2",
  about: "the UserInfo answer is signed, and lacks iss and aud, which it should have",
  expect: { accepted: true },
  when: "userinfo",
  userinfoAnswer: (answer, { jwt, key, alg }) => ({
    ...answer,
    headers: { "content-type": "application/jwt" },
    body: jwt({ alg, kid: key.kid }, JSON.parse(answer.body)),
  }),
};
