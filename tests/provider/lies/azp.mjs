export default {
  section: "OIDC Core §2",
  about: "azp is this client, which is the only audience",
  expect: { accepted: true },
  claims: (claims) => ({ ...claims, azp: claims.aud }),
};
