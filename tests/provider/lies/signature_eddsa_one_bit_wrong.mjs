export default {
  section: "OIDC Core §3.1.3.7 (6)",
  about: "one bit of the EdDSA signature is wrong",
  expect: { error: "id_token_invalid" },
  alg: "EdDSA",
  signature: (signature) => signature.fill(signature[20] ^ 1, 20, 21),
};
