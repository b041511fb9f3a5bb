export default {
  section: "RFC 8725 §3.10",
  about: "the header names a URL of the signing key",
  expect: { error: "id_token_invalid", claim: "kid" },
  header: (header, { issuer }) => ({ ...header, kid: "p256-2", jku: `${issuer}/other_keys` }),
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["p256-2"], alg),
};
