export default {
  section: "OIDC Core §3.1.3.7 (11)",
  about: "nonce begins with the requested one and is longer",
  expect: { error: "id_token_invalid", claim: "nonce" },
  claims: (claims) => ({ ...claims, nonce: `${claims.nonce}A` }),
};
