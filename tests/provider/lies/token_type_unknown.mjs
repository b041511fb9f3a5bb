export default {
  section: "RFC 6749 §7.1",
  about: "token_type is unknown",
  expect: { error: "token_response_malformed" },
  tokenResponse: (body) => ({ ...body, token_type: "mac" }),
};
