export default {
  section: "OIDC Core §3.1.3.6",
  about: "at_hash is missing",
  expect: { accepted: true },
  claims: ({ at_hash, ...claims }) => claims,
};
