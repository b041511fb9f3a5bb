export default {
  section: "RFC 9207 §2.4",
  about: "the authorization response has no iss, although the metadata advertise it",
  expect: { error: "issuer_mismatch" },
  authorizationResponse: ({ iss, ...parameters }) => parameters,
};
