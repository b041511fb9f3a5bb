export default {
  section: "RFC 9207 §2.4",
  about: "the authorization response has no iss, and the metadata do not advertise it",
  expect: { accepted: true },
  metadata: ({ authorization_response_iss_parameter_supported, ...document }) => document,
  authorizationResponse: ({ iss, ...parameters }) => parameters,
};
