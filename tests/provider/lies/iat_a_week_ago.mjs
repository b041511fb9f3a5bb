export default {
  section: "OIDC Core §3.1.3.7 (10)",
  about: "iat is a week ago, and exp is in the future",
  expect: { accepted: true },
  claims: (claims, { now }) => ({ ...claims, iat: now - 7 * 24 * 3600 }),
};
