export default {
  section: "RFC 8032 §5.1.7",
  about: "S of the EdDSA signature is not below the order",
  expect: { error: "id_token_invalid" },
  alg: "EdDSA",
  signature(signature) {
    const littleEndian = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = (littleEndian(signature.subarray(32)) + order).toString(16).padStart(64, "0");
    return Buffer.concat([signature.subarray(0, 32), Buffer.from(s, "hex").reverse()]);
  },
};
