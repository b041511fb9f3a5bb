import { Auth0Client } from "@auth0/auth0-spa-js";

export default async function connect(config) {
  const client = new Auth0Client({
    domain: config.issuer,
    issuer: config.issuer,
    clientId: config.clientId,
    // With refresh tokens, and with tokens in memory, a worker sends the requests to the token endpoint.
    useRefreshTokens: config.refresh,
    ...(config.dpop && { useDpop: true }),
    ...(config.shared && { cacheLocation: "localstorage" }),
    authorizationParams: { redirect_uri: config.redirectUri, scope: config.scope, prompt: config.prompt },
  });
  let fetcher;

  return {
    isSignedIn: () => client.isAuthenticated(),
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
    fetch: (input) => (fetcher ??= client.createFetcher(config.dpop && { dpopNonceId: "api" })).fetchWithAuth(input),
    token: () => client.getTokenSilently(),
    logout: () => client.logout(),
  };
}
