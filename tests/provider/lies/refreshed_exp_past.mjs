export default {
  section: "OIDC Core §12.2",
  about: "exp of the refreshed ID token is past, which may also be a wrong clock of this device",
  expect: { accepted: true },
  when: "refresh",
  refreshedClaims: (claims, { now }) => ({ ...claims, iat: now - 300, exp: now - 120 }),
};
