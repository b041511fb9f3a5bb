export default {
  section: "RFC 7517 §4.4",
  about: "the key is for PS256, and the ID token is signed by RS256",
  expect: { error: "id_token_invalid", claim: "kid" },
  alg: "RS256",
  keys: ([key]) => [{ ...key, alg: "PS256" }],
};
