export default {
  section: "OIDC Core §12.2",
  about: "alg of the refreshed ID token is none",
  expect: { error: "id_token_invalid", claim: "alg" },
  when: "refresh",
  header: (header, { refreshing }) => (refreshing ? { ...header, alg: "none" } : header),
  signature: (signature, { refreshing }) => (refreshing ? Buffer.alloc(0) : signature),
};
