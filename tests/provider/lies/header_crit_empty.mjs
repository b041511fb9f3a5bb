export default {
  section: "RFC 7515 §4.1.11",
  about: "the header has an empty crit, which is not allowed",
  expect: { error: "id_token_invalid", claim: "crit" },
  header: (header) => ({ ...header, crit: [] }),
};
