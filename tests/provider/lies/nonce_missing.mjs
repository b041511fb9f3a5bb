export default {
  section: "OIDC Core §3.1.3.7 (11)",
  about: "nonce is missing",
  expect: { error: "id_token_invalid", claim: "nonce" },
  claims: ({ nonce, ...claims }) => claims,
};
