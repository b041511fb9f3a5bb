export default {
  section: "RFC 7517 §5",
  about: "the JWK Set contains unusable entries beside the right key",
  expect: { accepted: true },
  keys: ([key]) => [
    null,
    "key",
    [],
    {},
    { kty: "unheard-of", kid: key.kid },
    { kty: "oct", kid: key.kid, k: "c2VjcmV0" },
    { kty: "EC", kid: key.kid, crv: "P-256", x: key.x },
    { kty: "EC", kid: key.kid, crv: 256, x: 1, y: [] },
    { kty: "RSA", kid: key.kid, use: "sig", e: "AQAB" },
    key,
  ],
};
