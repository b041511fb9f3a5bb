export default {
  section: "RFC 8259 §8.2",
  about: "a claim has an escape that stands for no character",
  expect: { error: "id_token_invalid" },
  claims: (claims) => ({ ...claims, name: "\ud800" }),
};
