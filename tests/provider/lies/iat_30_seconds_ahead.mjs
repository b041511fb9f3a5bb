export default {
  section: "OIDC Core §3.1.3.7 (10)",
  about: "iat is 30 s ahead, by which the clocks may differ",
  expect: { accepted: true },
  claims: (claims, { now }) => ({ ...claims, iat: now + 30 }),
};
