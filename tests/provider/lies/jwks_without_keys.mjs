export default {
  section: "RFC 7517 §5.1",
  about: "the JWK Set has no member keys",
  expect: { error: "invalid_metadata" },
  keysAnswer: (answer) => ({ ...answer, body: "{}" }),
};
