export default {
  section: "RFC 7515 §2",
  about: "the claims are in base64, not base64url, and signed in that form",
  expect: { error: "id_token_invalid" },
  claimsText: (text) => text.replace("{", '{"a":"???>>>","b":" ???>>>","c":"  ???>>>",'),
  signingInput: (input) => input.replaceAll("-", "+").replaceAll("_", "/"),
};
