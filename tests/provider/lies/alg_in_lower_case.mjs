export default {
  section: "RFC 7515 §4.1.1",
  about: "alg is es256",
  expect: { error: "id_token_invalid", claim: "alg" },
  header: (header) => ({ ...header, alg: "es256" }),
};
