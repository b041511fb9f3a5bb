export default {
  section: "RFC 7515 §4",
  about: "the header has alg twice",
  expect: { error: "id_token_invalid" },
  headerText: (text) => text.replace("{", '{"alg":"none",'),
};
