export default {
  section: "RFC 8725 §3.10",
  about: "the key that signed is in the header, and nowhere else",
  expect: { error: "id_token_invalid" },
  header: (header, { keys, publicJwk }) => ({ ...header, jwk: { ...publicJwk(keys["p256-2"]), kid: header.kid } }),
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["p256-2"], alg),
};
