// A page that does nothing by itself: the tests press its buttons. What it answers can cross over to the test.
import * as wicketgate from "wicketgate";

const clients = new Map();

window.app = {
  ...wicketgate,

  /** A configuration for `createClient`; the member `worksmart` holds the options of the ready one. */
  configOf: ({ worksmart, ...config }) => (worksmart ? { ...wicketgate.worksmart(worksmart), ...config } : config),

  /** The page's one client for a configuration, as a real page has. */
  client(config) {
    const key = JSON.stringify(config);
    if (!clients.has(key)) clients.set(key, wicketgate.createClient(app.configOf(config)));
    return clients.get(key);
  },

  begin: (config, options) => app.outcome(async () => (await app.client(config)).beginLogin(options)),
  handle: (config, url) => app.outcome(async () => (await app.client(config)).handleCallback(url)),
  accessToken: (config, options) => app.outcome(async () => (await app.client(config)).accessToken(options)),
  userInfo: (config) => app.outcome(async () => (await app.client(config)).userInfo()),
  logOut: (config, options) => app.outcome(async () => (await app.client(config)).logout(options)),

  /** What `work` came to: `{ value }` or `{ error }`. */
  async outcome(work) {
    try {
      return { value: await work() };
    } catch (error) {
      const { name, code, message, hint, retryable, oauth, status, claim, stack } = error;
      const genuine = error instanceof Error && wicketgate.isWicketgateError(error);
      return { error: { name, code, message, hint, retryable, oauth, status, claim, stack, genuine } };
    }
  },
};
