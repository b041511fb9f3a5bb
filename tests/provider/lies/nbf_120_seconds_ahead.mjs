export default {
  section: "RFC 7519 §4.1.5",
  about: "nbf is 120 s ahead, which exceeds the clock tolerance",
  expect: { error: "id_token_invalid", claim: "nbf" },
  claims: (claims, { now }) => ({ ...claims, nbf: now + 120 }),
};
