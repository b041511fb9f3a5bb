export default {
  section: "OIDC Core §10.1",
  about: "kid names one key of the JWK Set, and another key of the set has signed",
  expect: { error: "id_token_invalid" },
  keys: (list, { keys, publicJwk, alg }) => [...list, publicJwk(keys["p256-2"], alg)],
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["p256-2"], alg),
};
