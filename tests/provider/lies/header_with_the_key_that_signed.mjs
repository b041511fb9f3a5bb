export default {
  section: "RFC 8725 §3.10",
  about: "only the header contains the signing key",
  expect: { error: "id_token_invalid" },
  header: (header, { keys, publicJwk }) => ({ ...header, jwk: { ...publicJwk(keys["p256-2"]), kid: header.kid } }),
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["p256-2"], alg),
};
