export default {
  section: "OIDC Core §2",
  about: "aud is missing",
  expect: { error: "id_token_invalid", claim: "aud" },
  claims: ({ aud, ...claims }) => claims,
};
