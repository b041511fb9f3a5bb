export default {
  section: "RFC 9700 §2.6",
  about: "the authorization endpoint is http",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadata: (document) => ({ ...document, authorization_endpoint: "http://as.example/authorize" }),
};
