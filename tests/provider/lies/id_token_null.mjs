export default {
  section: "OIDC Core §3.1.3.3",
  about: "the ID token is null",
  expect: { error: "id_token_invalid" },
  tokenResponse: (body) => ({ ...body, id_token: null }),
};
