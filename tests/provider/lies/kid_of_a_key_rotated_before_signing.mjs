export default {
  section: "OIDC Core §10.1.1",
  about: "the keys were rotated just before the ID token was signed",
  expect: { accepted: true },
  header: (header) => ({ ...header, kid: "p256-2" }),
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["p256-2"], alg),
  keys: (list, { keys, publicJwk, alg, asked }) => (asked.token < 1 ? list : [publicJwk(keys["p256-2"], alg)]),
};
