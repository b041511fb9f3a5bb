export default {
  section: "OIDC Core §5.3.2",
  about: "the signed UserInfo answer is about another user",
  expect: { error: "userinfo_invalid", claim: "sub" },
  when: "userinfo",
  userinfoAnswer: (answer, { jwt, key, alg, issuer, clientId }) => ({
    ...answer,
    headers: { "content-type": "application/jwt" },
    body: jwt({ alg, kid: key.kid }, { iss: issuer, aud: clientId, ...JSON.parse(answer.body), sub: "eve" }),
  }),
};
