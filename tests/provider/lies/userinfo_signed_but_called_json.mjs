export default {
  section: "OIDC Core §5.3.2",
  about: "the UserInfo answer is signed, but its content type is JSON",
  expect: { error: "userinfo_invalid" },
  when: "userinfo",
  userinfoAnswer: (answer, { jwt, key, alg, issuer, clientId }) => ({
    ...answer,
    body: jwt({ alg, kid: key.kid }, { iss: issuer, aud: clientId, ...JSON.parse(answer.body) }),
  }),
};
