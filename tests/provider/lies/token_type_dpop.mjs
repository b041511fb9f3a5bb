export default {
  section: "RFC 9449 §5",
  about: "token_type is DPoP, and no proof was sent",
  expect: { error: "token_response_malformed" },
  tokenResponse: (body) => ({ ...body, token_type: "DPoP" }),
};
