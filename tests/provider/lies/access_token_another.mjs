export default {
  section: "OIDC Core §3.1.3.8",
  about: "the access token was exchanged after the ID token was made",
  expect: { error: "id_token_invalid", claim: "at_hash" },
  tokenResponse: (body) => ({ ...body, access_token: "access-token-of-another" }),
};
