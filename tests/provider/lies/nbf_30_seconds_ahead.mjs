export default {
  section: "RFC 7519 §4.1.5",
  about: "nbf is 30 s ahead, by which the clocks may differ",
  expect: { accepted: true },
  claims: (claims, { now }) => ({ ...claims, nbf: now + 30 }),
};
