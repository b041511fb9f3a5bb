export default {
  section: "RFC 9207 §2.4",
  about: "iss of the authorization response is empty",
  expect: { error: "issuer_mismatch" },
  authorizationResponse: (parameters) => ({ ...parameters, iss: "" }),
};
