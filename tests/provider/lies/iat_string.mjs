export default {
  section: "RFC 7519 §2",
  about: "iat is a string of digits",
  expect: { error: "id_token_invalid", claim: "iat" },
  claims: (claims) => ({ ...claims, iat: String(claims.iat) }),
};
