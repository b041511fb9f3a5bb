export default {
  section: "OIDC Core §3.1.3.7 (11)",
  about: "nonce begins with the one that was sent, and goes on",
  expect: { error: "id_token_invalid", claim: "nonce" },
  claims: (claims) => ({ ...claims, nonce: `${claims.nonce}A` }),
};
