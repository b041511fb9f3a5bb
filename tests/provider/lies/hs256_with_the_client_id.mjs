import { createHmac } from "node:crypto";

export default {
  section: "RFC 8725 §2.1",
  about: "alg is HS256, and the secret is the client identifier",
  expect: { error: "id_token_invalid", claim: "alg" },
  header: (header) => ({ ...header, alg: "HS256" }),
  signature: (signature, { input, clientId }) => createHmac("sha256", clientId).update(input).digest(),
};
