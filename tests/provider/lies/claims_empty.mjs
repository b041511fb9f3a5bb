export default {
  section: "RFC 7519 §7.2",
  about: "there are no claims, not even an empty object",
  expect: { error: "id_token_invalid" },
  claimsText: () => "",
};
