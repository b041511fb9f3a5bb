export default {
  section: "RFC 7515 §2",
  about: "the claims are padded like base64, and signed in that form",
  expect: { error: "id_token_invalid" },
  claimsText: (text) => text.padEnd(Math.ceil(text.length / 3) * 3 + 1),
  signingInput: (input) => `${input}==`,
};
