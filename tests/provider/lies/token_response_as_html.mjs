export default {
  section: "RFC 6749 §5.1",
  about: "the token response says that it is HTML",
  expect: { error: "token_response_malformed" },
  tokenAnswer: (answer) => ({ ...answer, headers: { "content-type": "text/html" } }),
};
