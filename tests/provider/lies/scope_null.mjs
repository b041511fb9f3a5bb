export default {
  section: "RFC 6749 §5.1",
  about: "scope of the token response is null",
  expect: { accepted: true },
  tokenResponse: (body) => ({ ...body, scope: null }),
};
