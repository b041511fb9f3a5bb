export default {
  section: "RFC 7515 §2",
  about: "the signature is padded as base64 is",
  expect: { error: "id_token_invalid" },
  idToken: (token) => `${token}==`,
};
