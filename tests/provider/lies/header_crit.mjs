export default {
  section: "RFC 7515 §4.1.11",
  about: "the header has an unknown critical member",
  expect: { error: "id_token_invalid", claim: "crit" },
  header: (header) => ({ ...header, crit: ["urn:example:extension"], "urn:example:extension": true }),
};
