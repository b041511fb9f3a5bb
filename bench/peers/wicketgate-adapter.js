// What both entries of the package have in common.
export const adapt = (createClient) => async (config) => {
  const client = await createClient({
    clientId: config.clientId,
    issuer: config.issuer,
    redirectUri: config.redirectUri,
    scope: config.scope,
    ...(config.shared && { tokenStore: "local" }),
    ...(config.memory && { tokenStore: "memory" }),
    ...(config.metadata && { metadata: config.metadata }),
  });
  const options = config.prompt && { prompt: config.prompt };

  return {
    url: () => client.authorizationUrl(options),
    begin: () => client.beginLogin(options),
    async callback(url) {
      const { session } = await client.handleCallback(url);
      return session.claims;
    },
    token: () => client.accessToken(),
    logout: () => client.logout(),
  };
};
