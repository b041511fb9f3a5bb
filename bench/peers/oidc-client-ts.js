import { OidcClient, UserManager, WebStorageStateStore } from "oidc-client-ts";

export default async function connect(config) {
  const settings = {
    authority: config.issuer,
    client_id: config.clientId,
    redirect_uri: config.redirectUri,
    scope: config.scope,
    prompt: config.prompt,
    ...(config.shared && { userStore: new WebStorageStateStore({ store: localStorage }) }),
    ...(config.metadata && { metadata: config.metadata }),
  };
  const manager = new UserManager(settings);
  // The part of the library that makes a URL without navigating to it.
  const client = new OidcClient(settings);

  return {
    isSignedIn: async () => !!(await manager.getUser()),
    url: async () => (await client.createSigninRequest({})).url,
    begin: () => manager.signinRedirect(),
    callback: async (url) => (await manager.signinRedirectCallback(url)).profile,
    async token() {
      const user = await manager.getUser();
      const { access_token } = user.expired ? await manager.signinSilent() : user;
      return access_token;
    },
    logout: () => manager.signoutRedirect(),
  };
}
