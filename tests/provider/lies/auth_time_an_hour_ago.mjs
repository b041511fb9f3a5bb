export default {
  section: "OIDC Core §3.1.3.7 (13)",
  about: "a max_age of 60 was requested, and auth_time is an hour ago",
  expect: { error: "id_token_invalid", claim: "auth_time" },
  options: { maxAge: 60 },
  claims: (claims, { now }) => ({ ...claims, auth_time: now - 3600 }),
};
