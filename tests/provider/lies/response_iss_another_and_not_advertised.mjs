export default {
  section: "RFC 9207 §2.4",
  about: "iss of the authorization response is another issuer, and the metadata do not advertise iss",
  expect: { error: "issuer_mismatch" },
  metadata: ({ authorization_response_iss_parameter_supported, ...document }) => document,
  authorizationResponse: (parameters, { honest }) => ({ ...parameters, iss: honest }),
};
