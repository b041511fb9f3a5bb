export default {
  section: "OIDC Core §10.1",
  about: "the header has no kid, and the second of two suitable keys verifies the signature",
  expect: { accepted: true },
  header: ({ kid, ...header }) => header,
  keys: (list, { keys, publicJwk, alg }) => [publicJwk(keys["p256-2"], alg), ...list],
};
