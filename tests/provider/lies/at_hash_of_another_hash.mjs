import { createHash } from "node:crypto";

export default {
  section: "OIDC Core §3.1.3.6",
  about: "at_hash uses SHA-256, and the ID token is signed by ES384",
  expect: { error: "id_token_invalid", claim: "at_hash" },
  alg: "ES384",
  claims: (claims, { accessToken }) => ({
    ...claims,
    at_hash: createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url"),
  }),
};
