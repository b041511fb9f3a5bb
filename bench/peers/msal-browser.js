import { PublicClientApplication } from "@azure/msal-browser";

export default async function connect(config) {
  let intercept;
  const client = new PublicClientApplication({
    auth: {
      clientId: config.clientId,
      authority: config.issuer,
      knownAuthorities: [new URL(config.issuer).host],
      redirectUri: config.redirectUri,
      // Its only way to a URL also navigates. This cancels the navigation if the caller wants only the URL.
      onRedirectNavigate: (url) => intercept?.(url),
      ...(config.metadata && { authorityMetadata: JSON.stringify(config.metadata) }),
    },
    system: { protocolMode: "OIDC" },
    ...(config.shared && { cache: { cacheLocation: "localStorage" } }),
  });
  await client.initialize();
  const about = (uri) => ({ resourceRequestMethod: "GET", resourceRequestUri: uri });
  const request = {
    scopes: config.scope.split(" "),
    prompt: config.prompt,
    ...(config.dpop && { authenticationScheme: "DPoP", ...about(config.api) }),
  };

  return {
    isSignedIn: () => client.getAllAccounts().length > 0,
    async url() {
      let url;
      intercept = (made) => {
        url = made;
        return false;
      };
      await client.loginRedirect(request);
      intercept = undefined;
      return url;
    },
    /** It refuses a second login while one is pending. */
    forget: () => sessionStorage.removeItem("msal.interaction.status"),
    begin: () => client.loginRedirect(request),
    async callback(url) {
      const result = await client.handleRedirectPromise({ hash: new URL(url).hash });
      if (!result) throw new Error("handleRedirectPromise resolved with null");
      return result.idTokenClaims;
    },
    async fetch(input) {
      const [account] = client.getAllAccounts();
      const { accessToken, dpopProof } = await client.acquireTokenSilent({ ...request, account, ...about(input) });
      return fetch(input, { headers: { Authorization: `DPoP ${accessToken}`, DPoP: dpopProof } });
    },
    async token() {
      const [account] = client.getAllAccounts();
      return (await client.acquireTokenSilent({ ...request, account })).accessToken;
    },
    logout: () => client.logoutRedirect({ account: client.getAllAccounts()[0] }),
  };
}
