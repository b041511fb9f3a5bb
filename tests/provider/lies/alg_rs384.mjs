export default {
  section: "RFC 7518 §3.3",
  about: "the ID token is signed by RS384",
  expect: { accepted: true },
  alg: "RS384",
};
