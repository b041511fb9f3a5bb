export default {
  section: "RFC 6749 §5.1",
  about: "the content type of the token response is HTML",
  expect: { error: "token_response_malformed" },
  tokenAnswer: (answer) => ({ ...answer, headers: { "content-type": "text/html" } }),
};
