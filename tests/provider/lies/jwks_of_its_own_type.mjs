export default {
  section: "RFC 7517 §8.5.2",
  about: "the JWK Set has the content type that is registered for it",
  expect: { accepted: true },
  keysAnswer: (answer) => ({ ...answer, headers: { "content-type": "application/jwk-set+json" } }),
};
