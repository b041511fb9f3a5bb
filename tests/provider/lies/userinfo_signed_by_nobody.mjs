export default {
  section: "RFC 8725 §3.2",
  about: "the UserInfo answer is a token without a signature",
  expect: { error: "userinfo_invalid", claim: "alg" },
  when: "userinfo",
  userinfoAnswer(answer, { issuer, clientId }) {
    const parts = [{ alg: "none" }, { iss: issuer, aud: clientId, ...JSON.parse(answer.body) }];
    const [header, claims] = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
    return { ...answer, headers: { "content-type": "application/jwt" }, body: `${header}.${claims}.` };
  },
};
