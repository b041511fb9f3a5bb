export default {
  section: "RFC 8725 §3.4",
  about: "R and S of the ES256 signature are the order of P-256, which equals zero",
  expect: { error: "id_token_invalid" },
  signature: () => Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551".repeat(2), "hex"),
};
