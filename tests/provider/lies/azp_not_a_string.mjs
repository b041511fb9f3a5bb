export default {
  section: "OIDC Core §2",
  about: "azp is an array of the client identifier",
  expect: { error: "id_token_invalid", claim: "azp" },
  claims: (claims) => ({ ...claims, azp: [claims.aud] }),
};
