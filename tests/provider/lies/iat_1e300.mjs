export default {
  section: "RFC 7519 §2",
  about: "iat is 1e+300",
  expect: { error: "id_token_invalid", claim: "iat" },
  claims: (claims) => ({ ...claims, iat: 1e300 }),
};
