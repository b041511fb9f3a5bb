export default {
  section: "OIDC Core §2",
  about: "exp is missing",
  expect: { error: "id_token_invalid", claim: "exp" },
  claims: ({ exp, ...claims }) => claims,
};
