// No peer: a page that goes where the others go and does nothing there. What it holds is not theirs.
export default async (config) => ({
  begin: () => location.assign(`${config.redirectUri}?code=none`),
  callback: async () => ({ sub: "nobody" }),
});
