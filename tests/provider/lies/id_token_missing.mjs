export default {
  section: "OIDC Core §3.1.3.3",
  about: "openid was requested, and there is no ID token",
  expect: { error: "id_token_invalid" },
  tokenResponse: ({ id_token, ...body }) => body,
};
