export default {
  section: "RFC 6749 §5.1",
  about: "the token response has no refresh token",
  expect: { accepted: true },
  tokenResponse: ({ refresh_token, ...body }) => body,
};
