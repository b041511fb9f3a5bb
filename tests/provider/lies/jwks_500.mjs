export default {
  section: "OIDC Core §10.1",
  about: "the server fails at the request for its JWK Set",
  expect: { error: "invalid_metadata" },
  keysAnswer: (answer) => ({ ...answer, status: 500 }),
};
