export default {
  section: "RFC 7519 §2",
  about: "nbf is a string of digits",
  expect: { error: "id_token_invalid", claim: "nbf" },
  claims: (claims, { now }) => ({ ...claims, nbf: String(now) }),
};
