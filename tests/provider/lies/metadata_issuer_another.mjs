export default {
  section: "OIDC Discovery §4.3",
  about: "the metadata names another issuer",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadata: (document, { honest }) => ({ ...document, issuer: honest }),
};
