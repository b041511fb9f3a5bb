export default {
  section: "RFC 7515 §2",
  about: "there is a line break in the signature",
  expect: { error: "id_token_invalid" },
  idToken: (token) => `${token.slice(0, -40)}\n${token.slice(-40)}`,
};
