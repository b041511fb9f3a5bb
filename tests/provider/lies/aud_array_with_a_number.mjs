export default {
  section: "RFC 7519 §4.1.3",
  about: "aud is an array of the client identifier and a number",
  expect: { error: "id_token_invalid", claim: "aud" },
  claims: (claims) => ({ ...claims, aud: [claims.aud, 1], azp: claims.aud }),
};
