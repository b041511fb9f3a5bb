export default {
  section: "RFC 8725 §3.2",
  about: "alg is nOnE, and there is no signature",
  expect: { error: "id_token_invalid", claim: "alg" },
  header: (header) => ({ ...header, alg: "nOnE" }),
  signature: () => Buffer.alloc(0),
};
