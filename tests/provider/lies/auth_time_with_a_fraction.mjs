export default {
  section: "RFC 7519 §2",
  about: "max_age was requested, and auth_time has a fraction",
  expect: { accepted: true },
  options: { maxAge: 60 },
  claims: (claims) => ({ ...claims, auth_time: claims.auth_time - 0.5 }),
};
