export default {
  section: "OIDC Core §2",
  about: "iss is missing",
  expect: { error: "id_token_invalid", claim: "iss" },
  claims: ({ iss, ...claims }) => claims,
};
