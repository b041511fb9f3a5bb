export default {
  section: "OIDC Core §10.1.1",
  about: "the keys were rotated between the login and the refresh",
  expect: { accepted: true },
  when: "refresh",
  header: (header, { refreshing }) => (refreshing ? { ...header, kid: "p256-2" } : header),
  signature: (signature, { input, keys, alg, sign, refreshing }) =>
    refreshing ? sign(input, keys["p256-2"], alg) : signature,
  keys: (list, { keys, publicJwk, alg, asked }) => (asked.token < 2 ? list : [publicJwk(keys["p256-2"], alg)]),
};
