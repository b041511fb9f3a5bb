export default {
  section: "RFC 7797 §6",
  about: "the header says that the claims are not in base64url, and that this is critical",
  expect: { error: "id_token_invalid", claim: "crit" },
  header: (header) => ({ ...header, b64: false, crit: ["b64"] }),
};
