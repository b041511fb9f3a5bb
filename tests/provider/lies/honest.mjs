export default {
  section: "OIDC Core §3.1.3.7",
  about: "nothing is wrong",
  expect: { accepted: true },
};
