export default {
  section: "RFC 8725 §3.10",
  about: "the header has jwk, jku, x5u, x5c and x5t of other keys, and the signature is that of the published one",
  expect: { accepted: true },
  header: (header, { issuer, keys, publicJwk }) => ({
    ...header,
    jwk: publicJwk(keys["p256-2"]),
    jku: `${issuer}/other_keys`,
    x5u: `${issuer}/other_certificate`,
    x5c: ["MIIB"],
    x5t: "AAAA",
  }),
};
