export default {
  section: "OIDC Core §3.1.3.6",
  about: "at_hash is an array of the correct value",
  expect: { error: "id_token_invalid", claim: "at_hash" },
  claims: (claims) => ({ ...claims, at_hash: [claims.at_hash] }),
};
