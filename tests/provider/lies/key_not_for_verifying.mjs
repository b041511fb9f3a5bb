export default {
  section: "RFC 7517 §4.3",
  about: "the key's key_ops lack verify",
  expect: { error: "id_token_invalid", claim: "kid" },
  keys: ([{ use, ...key }]) => [{ ...key, key_ops: ["encrypt", "wrapKey"] }],
};
