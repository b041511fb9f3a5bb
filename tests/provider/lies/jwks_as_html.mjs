export default {
  section: "RFC 7517 §5",
  about: "the JWK Set says that it is HTML",
  expect: { error: "invalid_metadata" },
  keysAnswer: (answer) => ({ ...answer, headers: { "content-type": "text/html" } }),
};
