export default {
  section: "OIDC Core §2",
  about: "iat is missing",
  expect: { error: "id_token_invalid", claim: "iat" },
  claims: ({ iat, ...claims }) => claims,
};
