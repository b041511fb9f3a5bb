export default {
  section: "OIDC Discovery §4.2",
  about: "the server fails at the request for its metadata",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadataAnswer: (answer) => ({ ...answer, status: 500 }),
};
