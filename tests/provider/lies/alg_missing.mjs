export default {
  section: "RFC 7515 §4.1.1",
  about: "the header has no alg",
  expect: { error: "id_token_invalid", claim: "alg" },
  header: ({ alg, ...header }) => header,
};
