export default {
  section: "RFC 7519 §2",
  about: "exp is 1e+300",
  expect: { error: "id_token_invalid", claim: "exp" },
  claims: (claims) => ({ ...claims, exp: 1e300 }),
};
