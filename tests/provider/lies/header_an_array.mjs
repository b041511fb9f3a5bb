export default {
  section: "RFC 7515 §5.2",
  about: "the header is in an array",
  expect: { error: "id_token_invalid" },
  header: (header) => [header],
};
