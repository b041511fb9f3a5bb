export default {
  section: "RFC 8725 §3.4",
  about: "R and S of the ES256 signature are zero",
  expect: { error: "id_token_invalid" },
  signature: () => Buffer.alloc(64),
};
