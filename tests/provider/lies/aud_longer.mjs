export default {
  section: "OIDC Core §3.1.3.7 (3)",
  about: "aud begins with the client identifier and is longer",
  expect: { error: "id_token_invalid", claim: "aud" },
  claims: (claims) => ({ ...claims, aud: `${claims.aud}-2` }),
};
