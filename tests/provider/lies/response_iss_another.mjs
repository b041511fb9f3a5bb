export default {
  section: "RFC 9207 §2.4",
  about: "iss of the authorization response is another issuer",
  expect: { error: "issuer_mismatch" },
  authorizationResponse: (parameters) => ({ ...parameters, iss: "https://attacker.example" }),
};
