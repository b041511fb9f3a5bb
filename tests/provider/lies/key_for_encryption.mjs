export default {
  section: "RFC 7517 §4.2",
  about: "the key's use is enc",
  expect: { error: "id_token_invalid", claim: "kid" },
  keys: ([key]) => [{ ...key, use: "enc" }],
};
