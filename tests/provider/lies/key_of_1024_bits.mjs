export default {
  section: "RFC 7518 §3.3",
  about: "the RSA key has 1024 bits",
  expect: { error: "id_token_invalid", claim: "kid" },
  alg: "RS256",
  keys: ([{ kid }], { keys, publicJwk, alg }) => [{ ...publicJwk(keys["rsa-1024"], alg), kid }],
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["rsa-1024"], alg),
};
