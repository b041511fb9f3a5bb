export default {
  section: "RFC 4648 §4",
  about: "a character follows the signature that has too few bits for a byte",
  expect: { error: "id_token_invalid" },
  alg: "ES384",
  idToken: (token) => `${token}A`,
};
