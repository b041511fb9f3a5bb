// Measured for its size only, and without its service worker, which is a file and a package of its own.
import { OidcClient } from "@axa-fr/oidc-client";

export default async function connect(config) {
  const client = OidcClient.getOrCreate(() => fetch)({
    authority: config.issuer,
    client_id: config.clientId,
    redirect_uri: config.redirectUri,
    silent_redirect_uri: config.redirectUri,
    scope: config.scope,
  });
  return {
    begin: () => client.loginAsync(),
    callback: () => client.loginCallbackAsync(),
    token: async () => (await client.getValidTokenAsync()).tokens.accessToken,
    logout: () => client.logoutAsync(),
  };
}
