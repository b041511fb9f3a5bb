export default {
  section: "RFC 7515 §7.1",
  about: "the ID token has no signature, and no dot before it",
  expect: { error: "id_token_invalid" },
  idToken: (token) => token.split(".").slice(0, 2).join("."),
};
