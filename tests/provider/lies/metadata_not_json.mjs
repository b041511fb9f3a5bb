export default {
  section: "OIDC Discovery §4.2",
  about: "the metadata is cut off",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadataAnswer: (answer) => ({ ...answer, body: answer.body.slice(0, -1) }),
};
