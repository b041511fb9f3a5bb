export default {
  section: "RFC 7517 §4.5",
  about: "two keys have the kid, and the second verifies the signature",
  expect: { accepted: true },
  keys: ([key], { keys, publicJwk, alg }) => [{ ...publicJwk(keys["p256-2"], alg), kid: key.kid }, key],
};
