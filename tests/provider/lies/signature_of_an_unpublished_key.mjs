export default {
  section: "OIDC Core §10.1",
  about: "another key with the kid of the published one has signed",
  expect: { error: "id_token_invalid" },
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["p256-2"], alg),
};
