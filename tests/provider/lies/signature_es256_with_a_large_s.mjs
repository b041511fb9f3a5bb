export default {
  section: "RFC 7518 §3.4",
  about: "S of the ES256 signature is in the upper half, as in half of all signatures",
  expect: { accepted: true },
  signature(signature, { input, key, alg, sign }) {
    while (signature[32] < 0x80) signature = sign(input, key, alg);
    return signature;
  },
};
