export default {
  section: "RFC 7519 §4.1.1",
  about: "iss is an array of the issuer",
  expect: { error: "id_token_invalid", claim: "iss" },
  claims: (claims) => ({ ...claims, iss: [claims.iss] }),
};
