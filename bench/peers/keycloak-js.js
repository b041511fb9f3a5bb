import Keycloak from "keycloak-js";

export default async function connect(config) {
  // Without a server of Keycloak's own there is no frame to watch the session with.
  const options = { checkLoginIframe: false, redirectUri: config.redirectUri, scope: config.scope };
  const create = () => new Keycloak({ clientId: config.clientId, oidcProvider: config.metadata ?? config.issuer });

  let keycloak = create();
  // It takes a response out of the page's address, and only here.
  let answered = await keycloak.init(options);

  return {
    url: () => keycloak.createLoginUrl({ prompt: config.prompt }),
    /** It reads the page's address, and nothing else. */
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
