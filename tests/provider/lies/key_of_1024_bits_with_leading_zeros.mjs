export default {
  section: "RFC 7518 §3.3, §6.3.1.1",
  about: "the RSA key has 1024 bits, written as if it had 2048",
  expect: { error: "id_token_invalid", claim: "kid" },
  alg: "RS256",
  keys([{ kid }], { keys, publicJwk, alg }) {
    const weak = publicJwk(keys["rsa-1024"], alg);
    const n = Buffer.concat([Buffer.alloc(128), Buffer.from(weak.n, "base64url")]).toString("base64url");
    return [{ ...weak, kid, n }];
  },
  signature: (signature, { input, keys, alg, sign }) => sign(input, keys["rsa-1024"], alg),
};
