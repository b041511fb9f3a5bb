export default {
  section: "RFC 7518 §3.5",
  about: "the ID token is signed by PS384",
  expect: { accepted: true },
  alg: "PS384",
};
