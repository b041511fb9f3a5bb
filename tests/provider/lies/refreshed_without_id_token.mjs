export default {
  section: "OIDC Core §12.2",
  about: "no ID token comes with the refreshed tokens",
  expect: { accepted: true },
  when: "refresh",
  tokenResponse: ({ id_token, ...body }, { refreshing }) => (refreshing ? body : { ...body, id_token }),
};
