export default {
  section: "RFC 7517 §4.3",
  about: "the key has no use, and key_ops with verify",
  expect: { accepted: true },
  keys: ([{ use, ...key }]) => [{ ...key, key_ops: ["verify"] }],
};
