import { createHash } from "node:crypto";

export default {
  section: "OIDC Core §3.1.3.6",
  about: "at_hash is the whole hash, not its left half",
  expect: { error: "id_token_invalid", claim: "at_hash" },
  claims: (claims, { accessToken }) => ({
    ...claims,
    at_hash: createHash("sha256").update(accessToken).digest("base64url"),
  }),
};
