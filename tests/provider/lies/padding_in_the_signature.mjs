export default {
  section: "RFC 7515 §2",
  about: "the signature is padded like base64",
  expect: { error: "id_token_invalid" },
  idToken: (token) => `${token}==`,
};
