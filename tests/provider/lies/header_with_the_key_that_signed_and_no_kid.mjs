export default {
  section: "RFC 8725 §3.10",
  about: "the header contains the signing key and has no kid",
  expect: { error: "id_token_invalid" },
  header: ({ kid, ...header }, { keys, publicJwk }) => ({ ...header, jwk: publicJwk(keys["p256-2"]) }),
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["p256-2"], alg),
};
