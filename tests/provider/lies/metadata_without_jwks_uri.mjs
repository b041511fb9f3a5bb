export default {
  section: "OIDC Discovery §3",
  about: "the metadata has no jwks_uri",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadata: ({ jwks_uri, ...document }) => document,
};
