export default {
  section: "OIDC Core §12.2",
  about: "one bit of the refreshed ID token's signature is wrong",
  expect: { error: "id_token_invalid" },
  when: "refresh",
  signature: (signature, { refreshing }) => (refreshing ? signature.fill(signature[20] ^ 1, 20, 21) : signature),
};
