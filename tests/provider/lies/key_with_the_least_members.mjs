export default {
  section: "RFC 7517 §4",
  about: "the key has neither use nor key_ops nor alg",
  expect: { accepted: true },
  keys: ([{ use, alg, ...key }]) => [key],
};
