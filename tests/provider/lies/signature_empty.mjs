export default {
  section: "RFC 7515 §5.2",
  about: "alg is ES256, and the signature is empty",
  expect: { error: "id_token_invalid" },
  signature: () => Buffer.alloc(0),
};
