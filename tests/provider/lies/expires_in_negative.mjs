export default {
  section: "RFC 6749 §5.1",
  about: "expires_in is negative",
  expect: { accepted: true },
  tokenResponse: (body) => ({ ...body, expires_in: -1 }),
};
