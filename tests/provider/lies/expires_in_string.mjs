export default {
  section: "RFC 6749 §5.1",
  about: "expires_in is a string of digits",
  expect: { accepted: true },
  tokenResponse: (body) => ({ ...body, expires_in: "3600" }),
};
