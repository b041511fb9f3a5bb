export default {
  section: "OIDC Core §10.1",
  about: "the header has no kid, and there is one key",
  expect: { accepted: true },
  header: ({ kid, ...header }) => header,
};
