export default {
  section: "RFC 8259 §8.1",
  about: "the claims begin with a byte order mark",
  expect: { error: "id_token_invalid" },
  claimsText: (text) => `\ufeff${text}`,
};
