export default {
  section: "RFC 9700 §2.6",
  about: "the token endpoint is http",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadata: (document) => ({ ...document, token_endpoint: "http://as.example/token" }),
};
