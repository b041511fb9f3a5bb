export default {
  section: "RFC 7518 §3.4",
  about: "R of the ES256 signature begins with a zero byte",
  expect: { accepted: true },
  signature(signature, { input, key, alg, sign }) {
    while (signature[0] !== 0) signature = sign(input, key, alg);
    return signature;
  },
};
