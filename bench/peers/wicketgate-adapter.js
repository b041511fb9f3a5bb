// The common part of the package's entries.
export const adapt = (createClient) => async (config) => {
  const client = await createClient({
    clientId: config.clientId,
    issuer: config.issuer,
    redirectUri: config.redirectUri,
    scope: config.scope,
    ...(config.backend && { backend: config.backend }),
    ...(config.shared && { tokenStore: "local" }),
    ...(config.memory && { tokenStore: "memory" }),
    ...(config.api && { allowedOrigins: [config.api] }),
    ...(config.metadata && { metadata: config.metadata }),
  });
  const options = config.prompt && { prompt: config.prompt };
  const authorizationUrl = () => client.authorizationUrl(options);
  let url = async () => {
    await client.load();
    // A page waits for this once.
    url = authorizationUrl;
    return url();
  };

  return {
    isSignedIn: () => client.session().status === "signed-in",
    /** The client does the same by itself when the page is idle. */
    idle: () => client.load(),
    url: () => url(),
    begin: () => client.beginLogin(options),
    async callback(url) {
      const { session } = await client.handleCallback(url);
      return session.claims;
    },
    token: () => client.accessToken(),
    fetch: (input) => client.fetch(input),
    logout: () => client.logout(),
  };
};
