export default {
  section: "OIDC Core §2",
  about: "aud is an array of the client identifier",
  expect: { accepted: true },
  claims: (claims) => ({ ...claims, aud: [claims.aud] }),
};
