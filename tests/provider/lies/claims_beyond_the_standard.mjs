export default {
  section: "OIDC Core §5.6.2",
  about: "there are unknown claims, including distributed ones",
  expect: { accepted: true },
  claims: (claims) => ({
    ...claims,
    _claim_names: { payment_info: "src" },
    _claim_sources: { src: { endpoint: "https://claims.example/", access_token: "at" } },
    "https://claims.example/tenant": { id: 7, admin: false, since: 1.5e3 },
    ["__proto__"]: { sub: "eve" },
  }),
};
