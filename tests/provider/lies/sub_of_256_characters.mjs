export default {
  section: "OIDC Core §2",
  about: "sub has 256 characters",
  expect: { error: "id_token_invalid", claim: "sub" },
  claims: (claims) => ({ ...claims, sub: "a".repeat(256) }),
};
