export default {
  section: "RFC 7517 §4.5",
  about: "kid is the key's own in another case",
  expect: { error: "id_token_invalid", claim: "kid" },
  header: (header) => ({ ...header, kid: header.kid.toUpperCase() }),
};
