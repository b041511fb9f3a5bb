export default {
  section: "OIDC Core §2",
  about: "nonce is the requested one in upper case",
  expect: { error: "id_token_invalid", claim: "nonce" },
  claims: (claims) => ({ ...claims, nonce: claims.nonce.toUpperCase() }),
};
