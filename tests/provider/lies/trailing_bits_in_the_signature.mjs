export default {
  section: "RFC 4648 §3.5",
  about: "the last character of the signature has leftover bits",
  expect: { error: "id_token_invalid" },
  idToken: (token) => token.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)),
};
