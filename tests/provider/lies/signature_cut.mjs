export default {
  section: "RFC 7518 §3.4",
  about: "the ES256 signature lacks its last byte",
  expect: { error: "id_token_invalid" },
  signature: (signature) => signature.subarray(0, -1),
};
