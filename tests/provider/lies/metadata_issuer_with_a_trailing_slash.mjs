export default {
  section: "OIDC Discovery §4.3",
  about: "the metadata names the issuer and a slash",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadata: (document) => ({ ...document, issuer: `${document.issuer}/` }),
};
