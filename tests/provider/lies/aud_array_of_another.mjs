export default {
  section: "OIDC Core §3.1.3.7 (3)",
  about: "aud is an array of another client",
  expect: { error: "id_token_invalid", claim: "aud" },
  claims: (claims) => ({ ...claims, aud: ["another-client"] }),
};
