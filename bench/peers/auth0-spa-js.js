import { Auth0Client } from "@auth0/auth0-spa-js";

export default async function connect(config) {
  const client = new Auth0Client({
    domain: config.issuer,
    issuer: config.issuer,
    clientId: config.clientId,
    // With it, and with tokens in memory, requests to the token endpoint are a worker's.
    useRefreshTokens: config.refresh,
    ...(config.shared && { cacheLocation: "localstorage" }),
    authorizationParams: { redirect_uri: config.redirectUri, scope: config.scope, prompt: config.prompt },
  });

  return {
    async url() {
      let url;
      await client.loginWithRedirect({ openUrl: (made) => (url = made) });
      return url;
    },
    begin: () => client.loginWithRedirect(),
    async callback(url) {
      await client.handleRedirectCallback(url);
      return client.getIdTokenClaims();
    },
    token: () => client.getTokenSilently(),
    logout: () => client.logout(),
  };
}
