export default {
  section: "RFC 6749 §5.1",
  about: "the token response has no access token",
  expect: { error: "token_response_malformed" },
  tokenResponse: ({ access_token, ...body }) => body,
};
