export default {
  section: "OIDC Core §2",
  about: "nonce is an array of the one that was sent",
  expect: { error: "id_token_invalid", claim: "nonce" },
  claims: (claims) => ({ ...claims, nonce: [claims.nonce] }),
};
