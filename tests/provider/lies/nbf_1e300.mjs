export default {
  section: "RFC 7519 §2",
  about: "nbf is 1e+300",
  expect: { error: "id_token_invalid", claim: "nbf" },
  claims: (claims) => ({ ...claims, nbf: 1e300 }),
};
