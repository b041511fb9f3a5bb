export default {
  section: "RFC 8725 §2.4",
  about: "a claim is an object with a repeated member",
  expect: { error: "id_token_invalid" },
  claimsText: (text) => text.replace("{", '{"address":{"locality":"a","locality":"b"},'),
};
