export default {
  section: "RFC 8725 §3.2",
  about: "alg is none, and there is no signature",
  expect: { error: "id_token_invalid", claim: "alg" },
  header: ({ kid, ...header }) => ({ ...header, alg: "none" }),
  signature: () => Buffer.alloc(0),
};
