export default {
  section: "RFC 6749 §5.1",
  about: "the access token is empty",
  expect: { error: "token_response_malformed" },
  tokenResponse: (body) => ({ ...body, access_token: "" }),
};
