export default {
  section: "OIDC Core §3.1.3.7 (6)",
  about: "one bit of the ES384 signature is wrong",
  expect: { error: "id_token_invalid" },
  alg: "ES384",
  signature: (signature) => signature.fill(signature[20] ^ 1, 20, 21),
};
