export default {
  section: "RFC 7517 §5",
  about: "the JWK Set is cut off",
  expect: { error: "invalid_metadata" },
  keysAnswer: (answer) => ({ ...answer, body: answer.body.slice(0, -1) }),
};
