export default {
  section: "RFC 7519 §2",
  about: "exp is a word",
  expect: { error: "id_token_invalid", claim: "exp" },
  claims: (claims) => ({ ...claims, exp: "never" }),
};
