export default {
  section: "OIDC Core §2",
  about: "auth_time is missing, and was not requested",
  expect: { accepted: true },
  claims: ({ auth_time, ...claims }) => claims,
};
