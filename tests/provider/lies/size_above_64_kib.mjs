export default {
  section: "OIDC Core §16",
  about: "the ID token is a little larger than 64 KiB",
  expect: { error: "id_token_invalid" },
  claims: (claims) => ({ ...claims, filling: "a".repeat(49_000) }),
};
