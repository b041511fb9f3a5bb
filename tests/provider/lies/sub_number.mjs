export default {
  section: "OIDC Core §2",
  about: "sub is a number",
  expect: { error: "id_token_invalid", claim: "sub" },
  claims: (claims) => ({ ...claims, sub: 1815 }),
};
