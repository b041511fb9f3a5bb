export default {
  section: "RFC 8037 §2",
  about: "the key that kid names is of X25519, and the ID token is signed by EdDSA",
  expect: { error: "id_token_invalid", claim: "kid" },
  alg: "EdDSA",
  keys: ([{ alg, ...key }]) => [{ ...key, crv: "X25519" }],
};
