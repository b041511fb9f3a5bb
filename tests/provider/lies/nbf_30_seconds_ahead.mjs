export default {
  section: "RFC 7519 §4.1.5",
  about: "nbf is 30 s ahead, within the clock tolerance",
  expect: { accepted: true },
  claims: (claims, { now }) => ({ ...claims, nbf: now + 30 }),
};
