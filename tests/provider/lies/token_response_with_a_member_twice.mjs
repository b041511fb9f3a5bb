export default {
  section: "RFC 8259 §4",
  about: "the token response has two access tokens",
  expect: { error: "token_response_malformed" },
  tokenAnswer: (answer) => ({ ...answer, body: answer.body.replace("{", '{"access_token":"another",') }),
};
