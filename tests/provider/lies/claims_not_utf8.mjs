export default {
  section: "RFC 7519 §7.2",
  about: "the claims are Latin-1",
  expect: { error: "id_token_invalid" },
  claims: (claims) => ({ ...claims, name: "Zoë" }),
  claimsText: (text) => Buffer.from(text, "latin1"),
};
