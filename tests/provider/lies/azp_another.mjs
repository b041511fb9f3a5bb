export default {
  section: "OIDC Core §3.1.3.7 (5)",
  about: "azp is another client, although aud is this one",
  expect: { error: "id_token_invalid", claim: "azp" },
  claims: (claims) => ({ ...claims, azp: "another-client" }),
};
