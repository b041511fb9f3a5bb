export default {
  section: "OIDC Core §2",
  about: "sub is missing",
  expect: { error: "id_token_invalid", claim: "sub" },
  claims: ({ sub, ...claims }) => claims,
};
