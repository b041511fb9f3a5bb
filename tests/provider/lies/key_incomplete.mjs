export default {
  section: "RFC 7518 §6.2.1",
  about: "the key lacks its y",
  expect: { error: "id_token_invalid", claim: "kid" },
  keys: ([{ y, ...key }]) => [key],
};
