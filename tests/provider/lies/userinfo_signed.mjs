export default {
  section: "OIDC Core §5.3.2",
  about: "the UserInfo answer is signed",
  expect: { accepted: true },
  when: "userinfo",
  userinfoAnswer: (answer, { jwt, key, alg, issuer, clientId }) => ({
    ...answer,
    headers: { "content-type": "application/jwt" },
    body: jwt({ alg, kid: key.kid }, { iss: issuer, aud: clientId, ...JSON.parse(answer.body) }),
  }),
};
