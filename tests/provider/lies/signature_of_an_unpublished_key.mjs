export default {
  section: "OIDC Core §10.1",
  about: "a key signed that has the kid of the published one, and is another",
  expect: { error: "id_token_invalid" },
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["p256-2"], alg),
};
