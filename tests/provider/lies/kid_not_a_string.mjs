export default {
  section: "RFC 7515 §4.1.4",
  about: "kid is a number, and so is the key's",
  expect: { error: "id_token_invalid", claim: "kid" },
  header: (header) => ({ ...header, kid: 7 }),
  keys: ([key]) => [{ ...key, kid: 7 }],
};
