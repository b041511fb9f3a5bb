import Keycloak from "keycloak-js";

export default async function connect(config) {
  // A server other than Keycloak's has no frame that watches the session.
  const options = { checkLoginIframe: false, redirectUri: config.redirectUri, scope: config.scope };
  const create = () => new Keycloak({ clientId: config.clientId, oidcProvider: config.metadata ?? config.issuer });

  let keycloak = create();
  // It removes a response from the page's address here, and only here.
  let answered = await keycloak.init(options);

  return {
    isSignedIn: () => keycloak.authenticated,
    url: () => keycloak.createLoginUrl({ prompt: config.prompt }),
    /** It reads only the page's address. */
    arrive: (url) => history.replaceState(null, "", url),
    begin: () => keycloak.login({ prompt: config.prompt }),
    async callback(url) {
      if (!answered) {
        // An instance can be initialised once.
        keycloak = create();
        answered = await keycloak.init(options);
      }
      if (!answered) throw new Error("init resolved with false");
      answered = false;
      return keycloak.idTokenParsed;
    },
    async token() {
      await keycloak.updateToken();
      return keycloak.token;
    },
    logout: () => keycloak.logout(),
  };
}
