export default {
  section: "OIDC Core §3.1.3.7 (9)",
  about: "exp is 120 s ago, which exceeds the clock tolerance",
  expect: { error: "id_token_invalid", claim: "exp" },
  claims: (claims, { now }) => ({ ...claims, iat: now - 300, exp: now - 120 }),
};
