export default {
  section: "OIDC Discovery §3",
  about: "the UserInfo endpoint is http",
  expect: { error: "invalid_metadata" },
  when: "connect",
  metadata: (document) => ({ ...document, userinfo_endpoint: "http://as.example/userinfo" }),
};
