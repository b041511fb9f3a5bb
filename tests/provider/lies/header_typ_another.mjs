export default {
  section: "RFC 7515 §4.1.9",
  about: "typ is at+jwt, which is not forbidden for ID tokens",
  expect: { accepted: true },
  header: (header) => ({ ...header, typ: "at+jwt" }),
};
