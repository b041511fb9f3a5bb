export default {
  section: "RFC 8725 §3.1",
  about: "alg is RS256, and the signature is RS512",
  expect: { error: "id_token_invalid" },
  alg: "RS256",
  signature: (signature, { input, key, sign }) => sign(input, key, "RS512"),
};
