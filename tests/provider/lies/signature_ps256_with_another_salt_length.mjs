import { constants, createPrivateKey, sign } from "node:crypto";

export default {
  section: "RFC 7518 §3.5",
  about: "the salt of the PS256 signature is shorter than the hash",
  expect: { error: "id_token_invalid" },
  alg: "PS256",
  signature(signature, { input, key }) {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const privateKey = createPrivateKey({ key, format: "jwk" });
    return sign("sha256", Buffer.from(input), { key: privateKey, padding, saltLength: 20 });
  },
};
