export default {
  section: "OIDC Core §5.3.2",
  about: "iss of the signed UserInfo answer is another issuer",
  expect: { error: "userinfo_invalid", claim: "iss" },
  when: "userinfo",
  userinfoAnswer: (answer, { jwt, key, alg, honest, clientId }) => ({
    ...answer,
    headers: { "content-type": "application/jwt" },
    body: jwt({ alg, kid: key.kid }, { iss: honest, aud: clientId, ...JSON.parse(answer.body) }),
  }),
};
