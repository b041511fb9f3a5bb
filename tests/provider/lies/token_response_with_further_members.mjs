export default {
  section: "RFC 6749 §5.1",
  about: "the token response has unknown members",
  expect: { accepted: true },
  tokenResponse: (body) => ({ ...body, created_at: 1, sub: "eve", claims: { sub: "eve" }, resource: ["a"] }),
};
