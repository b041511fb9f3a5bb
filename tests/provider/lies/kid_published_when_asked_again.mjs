export default {
  section: "OIDC Core §10.1.1",
  about: "kid names a new key, which the JWK Set contains only at the second request",
  expect: { accepted: true },
  header: (header) => ({ ...header, kid: "p256-2" }),
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["p256-2"], alg),
  keys: (list, { keys, publicJwk, alg, asked }) => (asked.keys < 2 ? list : [publicJwk(keys["p256-2"], alg)]),
};
