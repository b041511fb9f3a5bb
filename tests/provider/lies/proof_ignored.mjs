export default {
  section: "RFC 9449 §5",
  needs: "dpop",
  about: "the server ignores the proof and issues a bearer token, where tokens must be bound to a key",
  expect: { error: "token_response_malformed" },
  config: { dpop: "always" },
};
