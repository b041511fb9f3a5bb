// A page that does nothing by itself: the tests call its functions. All their results can be sent to the test.
import * as wicketgate from "wicketgate/all";

const clients = new Map();

window.app = {
  ...wicketgate,

  /** A configuration for `createClient`; the member `worksmart` contains the options of `worksmart()`. */
  configOf: ({ worksmart, ...config }) => (worksmart ? { ...wicketgate.worksmart(worksmart), ...config } : config),

  /** The page's only client for a configuration, as in a real page. */
  client(config) {
    const key = JSON.stringify(config);
    if (!clients.has(key)) clients.set(key, wicketgate.createClient(app.configOf(config)));
    return clients.get(key);
  },

  /** The same client, once it has loaded everything it needs: for synchronous calls. */
  async ready(config) {
    const client = await app.client(config);
    await client.load();
    return client;
  },

  begin: (config, options) => app.outcome(async () => (await app.client(config)).beginLogin(options)),
  handle: (config, url) => app.outcome(async () => (await app.client(config)).handleCallback(url)),
  accessToken: (config, options) => app.outcome(async () => (await app.client(config)).accessToken(options)),
  userInfo: (config) => app.outcome(async () => (await app.client(config)).userInfo()),
  logOut: (config, options) => app.outcome(async () => (await app.client(config)).logout(options)),

  /** The outcome of `work`: `{ value }` or `{ error }`. */
  async outcome(work) {
    try {
      return { value: await work() };
    } catch (error) {
      const { name, code, message, hint, retryable, oauth, status, claim, returnTo, verified, stack } = error;
      const genuine = error instanceof Error && wicketgate.isWicketgateError(error);
      return { error: { name, code, message, hint, retryable, oauth, status, claim, returnTo, verified, stack, genuine } };
    }
  },
};

// A test may leave a configuration in the origin's store: then the redirect page handles callbacks by itself, as an app's page does,
// in each window but that of the test, or in frames only.
const { config, isOfFrames } = JSON.parse(localStorage.redirectPage ?? "{}");
if (config && location.pathname === "/callback" && isOfFrames === (top !== window)) {
  app.handle(config).then((outcome) => (window.outcome = outcome));
}
