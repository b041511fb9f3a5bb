export default {
  section: "RFC 8259 §4",
  about: "the metadata names two issuers",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadataAnswer: (answer, { honest }) => ({ ...answer, body: answer.body.replace("{", `{"issuer":"${honest}",`) }),
};
