export default {
  section: "RFC 7797 §6",
  about: "the header says, as critical, that the claims are not in base64url",
  expect: { error: "id_token_invalid", claim: "crit" },
  header: (header) => ({ ...header, b64: false, crit: ["b64"] }),
};
