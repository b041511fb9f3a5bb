export default {
  section: "RFC 7517 §5.1",
  about: "keys of the JWK Set is an object",
  expect: { error: "invalid_metadata" },
  keys: ([key]) => ({ [key.kid]: key }),
};
