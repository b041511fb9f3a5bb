export default {
  section: "OIDC Core §3.1.3.7 (13)",
  about: "max_age was requested, and auth_time is missing",
  expect: { error: "id_token_invalid", claim: "auth_time" },
  options: { maxAge: 60 },
  claims: ({ auth_time, ...claims }) => claims,
};
