export default {
  section: "RFC 7515 §4.1.9",
  about: "the header has no typ",
  expect: { accepted: true },
  header: ({ typ, ...header }) => header,
};
