export default {
  section: "RFC 7518 §3.4",
  about: "the ID token is signed by ES256",
  expect: { accepted: true },
  alg: "ES256",
};
