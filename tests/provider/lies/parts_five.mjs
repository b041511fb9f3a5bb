import { randomBytes } from "node:crypto";

export default {
  section: "RFC 7516 §7.1",
  about: "the ID token is encrypted, which was not requested",
  expect: { error: "id_token_invalid" },
  idToken(token) {
    const header = Buffer.from(JSON.stringify({ alg: "ECDH-ES+A256KW", enc: "A256GCM", cty: "JWT" }));
    const parts = [header, randomBytes(40), randomBytes(12), Buffer.from(token), randomBytes(16)];
    return parts.map((part) => part.toString("base64url")).join(".");
  },
};
