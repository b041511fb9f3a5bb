export default {
  section: "OIDC Discovery §4.3",
  about: "the metadata names no issuer",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadata: ({ issuer, ...document }) => document,
};
