export default {
  section: "RFC 7519 §4.1.4",
  about: "exp is null",
  expect: { error: "id_token_invalid", claim: "exp" },
  claims: (claims) => ({ ...claims, exp: null }),
};
