export default {
  section: "OIDC Core §3.1.3.8",
  about: "at_hash belongs to another access token",
  expect: { error: "id_token_invalid", claim: "at_hash" },
  claims: (claims) => ({ ...claims, at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }),
};
