export default {
  section: "OIDC Core §3.1.3.7 (10)",
  about: "iat is 30 s ahead, within the clock tolerance",
  expect: { accepted: true },
  claims: (claims, { now }) => ({ ...claims, iat: now + 30 }),
};
