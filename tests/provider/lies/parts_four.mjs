export default {
  section: "RFC 7515 §7.1",
  about: "the ID token has a fourth part",
  expect: { error: "id_token_invalid" },
  idToken: (token) => `${token}.AAAA`,
};
