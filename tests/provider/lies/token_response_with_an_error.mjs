export default {
  section: "RFC 6749 §5.2",
  about: "the token response is an error, and its status is 200",
  expect: { error: "token_request_failed" },
  tokenResponse: () => ({ error: "invalid_grant" }),
};
