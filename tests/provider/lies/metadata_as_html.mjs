export default {
  section: "OIDC Discovery §4.2",
  about: "the metadata says that it is HTML",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadataAnswer: (answer) => ({ ...answer, headers: { "content-type": "text/html" } }),
};
