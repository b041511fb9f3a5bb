export default {
  section: "OIDC Core §12.2",
  about: "exp of the refreshed ID token is past, as it also looks where this device's clock is wrong",
  expect: { accepted: true },
  when: "refresh",
  refreshedClaims: (claims, { now }) => ({ ...claims, iat: now - 300, exp: now - 120 }),
};
