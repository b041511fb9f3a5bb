export default {
  section: "RFC 6749 §5.1",
  about: "expires_in is negative",
  expect: { error: "token_response_malformed" },
  tokenResponse: (body) => ({ ...body, expires_in: -1 }),
};
