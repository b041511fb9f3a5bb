export default {
  section: "RFC 7519 §2",
  about: "exp has a fraction",
  expect: { accepted: true },
  claims: (claims) => ({ ...claims, exp: claims.exp + 0.25 }),
};
