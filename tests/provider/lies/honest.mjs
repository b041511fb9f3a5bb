export default {
  section: "OIDC Core §3.1.3.7",
  about: "everything is correct",
  expect: { accepted: true },
};
