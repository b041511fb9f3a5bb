export default {
  section: "RFC 7519 §4.1.3",
  about: "aud is a number",
  expect: { error: "id_token_invalid", claim: "aud" },
  claims: (claims) => ({ ...claims, aud: 1 }),
};
