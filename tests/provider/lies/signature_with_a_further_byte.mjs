export default {
  section: "RFC 7518 §3.4",
  about: "a byte follows the ES256 signature",
  expect: { error: "id_token_invalid" },
  signature: (signature) => Buffer.concat([signature, Buffer.alloc(1)]),
};
