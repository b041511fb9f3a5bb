export default {
  section: "RFC 7519 §2",
  about: "exp has 20 digits",
  expect: { error: "id_token_invalid", claim: "exp" },
  claimsText: (text) => text.replace(/"exp":\d+/, '"exp":12345678901234567890'),
};
