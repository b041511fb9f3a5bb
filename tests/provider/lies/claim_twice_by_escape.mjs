export default {
  section: "RFC 7519 §4",
  about: "the claims have sub twice, once in an escaped spelling",
  expect: { error: "id_token_invalid" },
  claimsText: (text) => text.replace("{", '{"\\u0073ub":"eve",'),
};
