export default {
  section: "RFC 6749 §5.1",
  about: "the ID token is a number",
  expect: { error: "id_token_invalid" },
  tokenResponse: (body) => ({ ...body, id_token: 7 }),
};
