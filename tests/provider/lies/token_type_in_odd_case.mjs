export default {
  section: "RFC 6749 §5.1",
  about: "token_type is bEaReR",
  expect: { accepted: true },
  tokenResponse: (body) => ({ ...body, token_type: "bEaReR" }),
};
