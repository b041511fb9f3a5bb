export default {
  section: "RFC 9864 §2.2",
  about: "the ID token is signed by Ed25519, which is EdDSA's name for this curve since RFC 9864",
  expect: { accepted: true },
  alg: "Ed25519",
};
