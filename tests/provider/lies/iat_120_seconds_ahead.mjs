export default {
  section: "OIDC Core §3.1.3.7 (10)",
  about: "iat is 120 s ahead, which exceeds the clock tolerance",
  expect: { error: "id_token_invalid", claim: "iat" },
  claims: (claims, { now }) => ({ ...claims, iat: now + 120 }),
};
