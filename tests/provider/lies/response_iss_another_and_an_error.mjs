export default {
  section: "RFC 9207 §2.4",
  about: "the authorization response is an error, and its iss is another issuer",
  expect: { error: "issuer_mismatch" },
  authorizationResponse: ({ code, ...more }, { honest }) => ({ ...more, error: "access_denied", iss: honest }),
};
