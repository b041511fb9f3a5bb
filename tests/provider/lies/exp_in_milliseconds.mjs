export default {
  section: "RFC 7519 §2",
  about: "exp is in milliseconds: some 56,000 years ahead, but still a date",
  expect: { accepted: true },
  claims: (claims) => ({ ...claims, exp: claims.exp * 1000 }),
};
