export default {
  section: "RFC 7519 §2",
  about: "nbf is negative",
  expect: { error: "id_token_invalid", claim: "nbf" },
  claims: (claims) => ({ ...claims, nbf: -1 }),
};
