export default {
  section: "RFC 6749 §5.1",
  about: "the ID token is a number",
  expect: { error: "token_response_malformed" },
  tokenResponse: (body) => ({ ...body, id_token: 7 }),
};
