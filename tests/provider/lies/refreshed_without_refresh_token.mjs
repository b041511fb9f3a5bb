export default {
  section: "RFC 6749 §6",
  about: "no new refresh token comes with the refreshed tokens",
  expect: { accepted: true },
  when: "refresh",
  tokenResponse: ({ refresh_token, ...body }, { refreshing }) => (refreshing ? body : { ...body, refresh_token }),
};
