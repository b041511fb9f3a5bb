export default {
  section: "RFC 9207 §2.4",
  about: "the authorization response has no iss, though the metadata says that it always has",
  expect: { error: "issuer_mismatch" },
  authorizationResponse: ({ iss, ...parameters }) => parameters,
};
