export default {
  section: "RFC 6749 §5.1",
  about: "the token response has no token_type",
  expect: { accepted: true },
  tokenResponse: ({ token_type, ...body }) => body,
};
