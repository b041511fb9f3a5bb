export default {
  section: "RFC 8259 §4",
  about: "the claims lack their last character",
  expect: { error: "id_token_invalid" },
  claimsText: (text) => text.slice(0, -1),
};
