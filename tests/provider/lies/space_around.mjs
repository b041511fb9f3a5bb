export default {
  section: "RFC 7515 §7.1",
  about: "there is white space around the ID token",
  expect: { error: "id_token_invalid" },
  idToken: (token) => ` ${token}\n`,
};
