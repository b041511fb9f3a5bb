export default {
  section: "RFC 7519 §2",
  about: "exp is a string of digits",
  expect: { error: "id_token_invalid", claim: "exp" },
  claims: (claims) => ({ ...claims, exp: String(claims.exp) }),
};
