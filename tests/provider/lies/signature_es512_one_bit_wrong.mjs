export default {
  section: "OIDC Core §3.1.3.7 (6)",
  about: "one bit of the ES512 signature is wrong",
  expect: { error: "id_token_invalid" },
  alg: "ES512",
  signature: (signature) => signature.fill(signature[20] ^ 1, 20, 21),
};
