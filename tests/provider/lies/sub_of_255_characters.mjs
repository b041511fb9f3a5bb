export default {
  section: "OIDC Core §2",
  about: "sub has 255 characters",
  expect: { accepted: true },
  claims: (claims) => ({ ...claims, sub: "a".repeat(255) }),
};
