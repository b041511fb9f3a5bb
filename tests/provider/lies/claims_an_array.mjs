export default {
  section: "RFC 7519 §7.2",
  about: "the claims are in an array",
  expect: { error: "id_token_invalid" },
  claims: (claims) => [claims],
};
