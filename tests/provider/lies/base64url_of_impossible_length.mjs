export default {
  section: "RFC 4648 §4",
  about: "after the signature stands a character that is too little for a byte",
  expect: { error: "id_token_invalid" },
  alg: "ES384",
  idToken: (token) => `${token}A`,
};
