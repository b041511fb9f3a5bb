export default {
  section: "RFC 7519 §2",
  about: "iat has a fraction",
  expect: { accepted: true },
  claims: (claims) => ({ ...claims, iat: claims.iat - 0.75 }),
};
