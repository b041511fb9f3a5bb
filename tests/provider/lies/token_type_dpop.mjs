export default {
  section: "RFC 9449 §5",
  about: "token_type is DPoP, but the request had no proof",
  expect: { error: "token_response_malformed" },
  tokenResponse: (body) => ({ ...body, token_type: "DPoP" }),
};
