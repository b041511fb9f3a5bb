export default {
  section: "OIDC Core §3.1.3.7 (13)",
  about: "a max_age of 60 was asked for, and auth_time is an hour past",
  expect: { error: "id_token_invalid", claim: "auth_time" },
  options: { maxAge: 60 },
  claims: (claims, { now }) => ({ ...claims, auth_time: now - 3600 }),
};
