export default {
  section: "OIDC Core §3.1.3.7 (9)",
  about: "exp is 30 s ago, within the clock tolerance",
  expect: { accepted: true },
  claims: (claims, { now }) => ({ ...claims, iat: now - 300, exp: now - 30 }),
};
