export default {
  section: "RFC 9449 §5",
  about: "the server advertises proofs, ignores them and issues a bearer token",
  expect: { accepted: true },
  metadata: (document) => ({ ...document, dpop_signing_alg_values_supported: ["ES256"] }),
};
