export default {
  section: "OIDC Core §16",
  about: "the ID token has 63 KiB",
  expect: { accepted: true },
  claims: (claims) => ({ ...claims, filling: "a".repeat(47_900) }),
};
