export default {
  section: "OIDC Core §5.3.2",
  about: "aud of the signed UserInfo answer is another client",
  expect: { error: "userinfo_invalid", claim: "aud" },
  when: "userinfo",
  userinfoAnswer: (answer, { jwt, key, alg, issuer }) => ({
    ...answer,
    headers: { "content-type": "application/jwt" },
    body: jwt({ alg, kid: key.kid }, { iss: issuer, aud: "another-client", ...JSON.parse(answer.body) }),
  }),
};
