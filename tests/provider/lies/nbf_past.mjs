export default {
  section: "RFC 7519 §4.1.5",
  about: "nbf is in the past",
  expect: { accepted: true },
  claims: (claims, { now }) => ({ ...claims, nbf: now - 10 }),
};
