export default {
  section: "RFC 7515 §5.2",
  about: "the header is not JSON",
  expect: { error: "id_token_invalid" },
  headerText: () => "alg=ES256",
};
