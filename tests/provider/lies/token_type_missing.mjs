export default {
  section: "RFC 6749 §5.1",
  about: "the token response has no token_type",
  expect: { error: "token_response_malformed" },
  tokenResponse: ({ token_type, ...body }) => body,
};
