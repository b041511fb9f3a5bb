export default {
  section: "OIDC Core §2",
  about: "nonce is an array of the requested one",
  expect: { error: "id_token_invalid", claim: "nonce" },
  claims: (claims) => ({ ...claims, nonce: [claims.nonce] }),
};
