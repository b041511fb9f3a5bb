import { IndexedDbDPoPStore, OidcClient, UserManager, WebStorageStateStore } from "oidc-client-ts";

export default async function connect(config) {
  const settings = {
    authority: config.issuer,
    client_id: config.clientId,
    redirect_uri: config.redirectUri,
    scope: config.scope,
    prompt: config.prompt,
    ...(config.shared && { userStore: new WebStorageStateStore({ store: localStorage }) }),
    ...(config.dpop && { dpop: { store: new IndexedDbDPoPStore() } }),
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
    /** Its documentation's way to a request with a proof. */
    async fetch(input) {
      const user = await manager.getUser();
      const proof = await manager.dpopProof(input, user, "GET");
      return fetch(input, { headers: { Authorization: `DPoP ${user.access_token}`, DPoP: proof } });
    },
    async token() {
      const user = await manager.getUser();
      const { access_token } = user.expired ? await manager.signinSilent() : user;
      return access_token;
    },
    logout: () => manager.signoutRedirect(),
  };
}
