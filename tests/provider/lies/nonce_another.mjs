export default {
  section: "OIDC Core §3.1.3.7 (11)",
  about: "nonce differs from the requested one",
  expect: { error: "id_token_invalid", claim: "nonce" },
  claims: (claims) => ({ ...claims, nonce: "another-nonce" }),
};
