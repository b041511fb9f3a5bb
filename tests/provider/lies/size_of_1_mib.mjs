export default {
  section: "OIDC Core §16",
  about: "the ID token has almost 1 MiB",
  expect: { error: "id_token_invalid" },
  claims: (claims) => ({ ...claims, filling: "a".repeat(750_000) }),
};
