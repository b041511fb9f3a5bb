export default {
  section: "OIDC Core §3.1.3.7 (6)",
  about: "the subject was changed after the ID token was signed",
  expect: { error: "id_token_invalid" },
  signature(signature, { input, key, alg, sign }) {
    const [header, claims] = input.split(".");
    const text = Buffer.from(claims, "base64url").toString().replace('"sub":"ada"', '"sub":"eve"');
    return sign(`${header}.${Buffer.from(text).toString("base64url")}`, key, alg);
  },
};
