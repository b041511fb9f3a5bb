export default {
  section: "OIDC Discovery §4.2",
  about: "the content type of the metadata is HTML",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadataAnswer: (answer) => ({ ...answer, headers: { "content-type": "text/html" } }),
};
