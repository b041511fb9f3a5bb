export default {
  section: "RFC 7515 §4.1.9",
  about: "typ is at+jwt, which ID tokens are not bound to avoid",
  expect: { accepted: true },
  header: (header) => ({ ...header, typ: "at+jwt" }),
};
