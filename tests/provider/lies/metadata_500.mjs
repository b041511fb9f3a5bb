export default {
  section: "OIDC Discovery §4.2",
  about: "the server fails when it is asked for its metadata",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadataAnswer: (answer) => ({ ...answer, status: 500 }),
};
