import { createPrivateKey, sign } from "node:crypto";

export default {
  section: "RFC 7518 §3.4",
  about: "the ES256 signature is valid, but in DER",
  expect: { error: "id_token_invalid" },
  signature: (signature, { input, key }) =>
    sign("sha256", Buffer.from(input), createPrivateKey({ key, format: "jwk" })),
};
