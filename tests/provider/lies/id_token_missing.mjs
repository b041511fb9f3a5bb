export default {
  section: "OIDC Core §3.1.3.3",
  about: "openid was asked for, and there is no ID token",
  expect: { error: "id_token_invalid" },
  tokenResponse: ({ id_token, ...body }) => body,
};
