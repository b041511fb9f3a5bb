export default {
  section: "OIDC Core §3.1.3.7 (6)",
  about: "one bit of the RS256 signature is wrong",
  expect: { error: "id_token_invalid" },
  alg: "RS256",
  signature: (signature) => signature.fill(signature[100] ^ 1, 100, 101),
};
