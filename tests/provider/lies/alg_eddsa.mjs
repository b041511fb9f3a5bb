export default {
  section: "RFC 8037 §3.1",
  about: "the ID token is signed by EdDSA with Ed25519, and at_hash is of SHA-512",
  expect: { accepted: true },
  alg: "EdDSA",
};
