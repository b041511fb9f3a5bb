export default {
  section: "OIDC Core §3.1.3.7 (13)",
  about: "a max_age of 0 was requested, and auth_time is missing",
  expect: { error: "id_token_invalid", claim: "auth_time" },
  options: { maxAge: 0 },
  claims: ({ auth_time, ...claims }) => claims,
};
