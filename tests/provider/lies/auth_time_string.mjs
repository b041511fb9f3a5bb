export default {
  section: "RFC 7519 §2",
  about: "max_age was requested, and auth_time is a string of digits",
  expect: { error: "id_token_invalid", claim: "auth_time" },
  options: { maxAge: 60 },
  claims: (claims) => ({ ...claims, auth_time: String(claims.auth_time) }),
};
