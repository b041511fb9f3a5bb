export default {
  section: "RFC 7517 §4.1",
  about: "the key that kid names is an RSA key, and the ID token is signed by ES256",
  expect: { error: "id_token_invalid", claim: "kid" },
  keys: ([{ kid }], { keys, publicJwk }) => [{ ...publicJwk(keys["rsa-1"]), kid }],
};
