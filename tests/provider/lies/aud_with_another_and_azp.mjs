export default {
  section: "OIDC Core §3.1.3.7 (4, 5)",
  about: "aud has another client beside this one, and azp is this one",
  expect: { accepted: true },
  claims: (claims) => ({ ...claims, aud: [claims.aud, "another-client"], azp: claims.aud }),
};
