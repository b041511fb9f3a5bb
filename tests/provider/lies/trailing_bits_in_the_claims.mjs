export default {
  section: "RFC 4648 §3.5",
  about: "the last character of the claims has leftover bits",
  expect: { error: "id_token_invalid" },
  claimsText: (text) => text.padEnd(Math.ceil(text.length / 3) * 3 + 1),
  signingInput: (input) => input.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)),
};
