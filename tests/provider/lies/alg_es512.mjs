export default {
  section: "RFC 7518 §3.4",
  about: "the ID token is signed by ES512, and at_hash is of SHA-512",
  expect: { accepted: true },
  alg: "ES512",
};
