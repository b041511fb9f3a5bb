export default {
  section: "RFC 7518 §3.5",
  about: "the ID token is signed by PS256",
  expect: { accepted: true },
  alg: "PS256",
};
