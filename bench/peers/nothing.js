// Not a peer: a page that follows the same navigations and does nothing else. Its memory is subtracted from that of the peers.
export default async (config) => ({
  begin: () => location.assign(`${config.redirectUri}?code=none`),
  callback: async () => ({ sub: "nobody" }),
});
