// Measured for its size only: for it, a login is a load of the page, which its own early script begins and ends.
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
