export default {
  section: "OIDC Core §10.1.1",
  about: "kid names a key that is never published",
  expect: { error: "id_token_invalid", claim: "kid" },
  header: (header) => ({ ...header, kid: "nowhere" }),
};
