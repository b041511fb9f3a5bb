export default {
  section: "RFC 8259 §8.2",
  about: "a claim contains an escape of a lone surrogate",
  expect: { error: "id_token_invalid" },
  claims: (claims) => ({ ...claims, name: "\ud800" }),
};
