export default {
  section: "RFC 7517 §5",
  about: "the content type of the JWK Set is HTML",
  expect: { error: "invalid_metadata" },
  keysAnswer: (answer) => ({ ...answer, headers: { "content-type": "text/html" } }),
};
