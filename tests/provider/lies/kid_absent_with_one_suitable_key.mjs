export default {
  section: "OIDC Core §10.1",
  about: "the header has no kid, and of several keys one suits the algorithm",
  expect: { accepted: true },
  header: ({ kid, ...header }) => header,
  keys: (list, { keys, publicJwk }) => [publicJwk(keys["rsa-1"], "RS256"), publicJwk(keys["p384-1"], "ES384"), ...list],
};
