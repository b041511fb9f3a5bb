export default {
  section: "RFC 6749 §5.1",
  about: "the token response has no expires_in",
  expect: { accepted: true },
  tokenResponse: ({ expires_in, ...body }) => body,
};
