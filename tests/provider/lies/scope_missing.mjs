export default {
  section: "RFC 6749 §5.1",
  about: "the token response has no scope",
  expect: { accepted: true },
  tokenResponse: ({ scope, ...body }) => body,
};
