export default {
  section: "RFC 6749 §5.1",
  about: "the token response is cut off",
  expect: { error: "token_response_malformed" },
  tokenAnswer: (answer) => ({ ...answer, body: answer.body.slice(0, -1) }),
};
