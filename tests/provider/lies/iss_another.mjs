export default {
  section: "OIDC Core §3.1.3.7 (2)",
  about: "iss is another issuer",
  expect: { error: "id_token_invalid", claim: "iss" },
  claims: (claims, { honest }) => ({ ...claims, iss: honest }),
};
