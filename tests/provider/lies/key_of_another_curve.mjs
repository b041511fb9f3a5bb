export default {
  section: "RFC 7518 §3.4",
  about: "the key that kid names is of P-384, and the ID token is signed by ES256",
  expect: { error: "id_token_invalid", claim: "kid" },
  keys: ([{ kid }], { keys, publicJwk }) => [{ ...publicJwk(keys["p384-1"]), kid }],
};
