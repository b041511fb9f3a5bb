export default {
  section: "RFC 7515 §2",
  about: "the signature is in base64, not base64url",
  expect: { error: "id_token_invalid" },
  signature(signature, { input, key, alg, sign }) {
    while (!/[-_]/.test(signature.toString("base64url"))) signature = sign(input, key, alg);
    return signature;
  },
  idToken(token) {
    const [header, claims, signature] = token.split(".");
    return [header, claims, signature.replaceAll("-", "+").replaceAll("_", "/")].join(".");
  },
};
