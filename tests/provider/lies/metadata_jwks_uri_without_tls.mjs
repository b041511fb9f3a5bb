export default {
  section: "OIDC Discovery §3",
  about: "the JWK Set is at an http URL",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadata: (document) => ({ ...document, jwks_uri: "http://as.example/jwks" }),
};
