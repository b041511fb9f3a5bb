export default {
  section: "RFC 7519 §7.2",
  about: "the claims are a string",
  expect: { error: "id_token_invalid" },
  claims: (claims) => JSON.stringify(claims),
};
