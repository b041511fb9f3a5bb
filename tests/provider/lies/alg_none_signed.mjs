export default {
  section: "RFC 8725 §3.2",
  about: "alg is none, although there is a signature",
  expect: { error: "id_token_invalid", claim: "alg" },
  header: (header) => ({ ...header, alg: "none" }),
};
