export default {
  section: "OIDC Core §5.3.4",
  about: "the UserInfo answer is signed by another key than the one that its kid names",
  expect: { error: "userinfo_invalid" },
  when: "userinfo",
  userinfoAnswer: (answer, { jwt, key, keys, alg, issuer, clientId }) => ({
    ...answer,
    headers: { "content-type": "application/jwt" },
    body: jwt({ alg, kid: key.kid }, { iss: issuer, aud: clientId, ...JSON.parse(answer.body) }, keys["p256-2"]),
  }),
};
