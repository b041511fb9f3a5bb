export default {
  section: "OIDC Core §2",
  about: "sub is empty",
  expect: { error: "id_token_invalid", claim: "sub" },
  claims: (claims) => ({ ...claims, sub: "" }),
};
