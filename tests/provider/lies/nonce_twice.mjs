export default {
  section: "RFC 7519 §4",
  about: "the claims have nonce twice",
  expect: { error: "id_token_invalid" },
  claimsText: (text) => text.replace("{", '{"nonce":"another-nonce",'),
};
