/**
 * The entry `wicketgate`: for apps that hold their tokens themselves. A script of its own contains the WebAssembly module and
 * is imported when the module is needed. A bundler makes a file of this script, or includes it in the app's only script, where
 * it stays unparsed until then.
 *
 * @module wicketgate
 */
import { wicketgate } from "./client.js";
import type { Wicketgate } from "./types.js";

const api = /* @__PURE__ */ wicketgate(() => import("./embedded.js"));

/**
 * Creates a client of one authorization server, with the session that was kept. Loads the module once per page, and only when
 * something needs it. `docs/reference/` lists the members of `config` and the errors.
 */
export const createClient: Wicketgate["createClient"] = api.createClient;
/** For a login button: `(await createClient(config)).beginLogin(options)`. Leaves the page. */
export const beginLogin: Wicketgate["beginLogin"] = api.beginLogin;
/** For the redirect page: `(await createClient(config)).handleCallback(url)`. The default of `url` is the page's URL. */
export const handleCallback: Wicketgate["handleCallback"] = api.handleCallback;
export { isWicketgateError } from "./errors.js";
export type * from "./types.js";
