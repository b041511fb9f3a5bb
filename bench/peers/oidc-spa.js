// For its size only: it takes a login to be a load of the page, begun and answered by its own early script.
import { createOidc, oidcEarlyInit } from "oidc-spa/core";

oidcEarlyInit({ BASE_URL: "/" });

export default async function connect(config) {
  const oidc = await createOidc({ issuerUri: config.issuer, clientId: config.clientId, scopes: config.scope.split(" ") });
  return {
    begin: () => oidc.login({ doesCurrentHrefRequiresAuth: false }),
    callback: async () => oidc.getDecodedIdToken(),
    token: async () => (await oidc.getTokens()).accessToken,
    logout: () => oidc.logout({ redirectTo: "home" }),
  };
}
