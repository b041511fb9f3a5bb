export default {
  section: "RFC 8259 §2",
  about: "a second object follows the claims",
  expect: { error: "id_token_invalid" },
  claimsText: (text) => `${text}{}`,
};
