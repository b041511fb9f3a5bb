export default {
  section: "RFC 8259 §9",
  about: "a claim is nested 10,000 levels deep",
  expect: { error: "id_token_invalid" },
  claimsText: (text) => text.replace("{", `{"deep":${"[".repeat(10000)}${"]".repeat(10000)},`),
};
