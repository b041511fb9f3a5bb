export default {
  section: "RFC 7518 §3.3",
  about: "the ID token is signed by RS256",
  expect: { accepted: true },
  alg: "RS256",
};
