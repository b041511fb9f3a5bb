/**
 * The entry `wicketgate`: the WebAssembly module travels inside this script, so that a page makes one
 * request and no bundler needs to know of it.
 */
import { wicketgate } from "./client.js";
import { embedded } from "./embedded.js";
import type { Wicketgate } from "./types.js";

const api = /* @__PURE__ */ wicketgate(embedded);

/**
 * A client of one authorization server: loads the module once per page, discovers the server, restores the session
 * that a backend has. The README lists the members of `config` and the errors.
 */
export const createClient: Wicketgate["createClient"] = api.createClient;
/** For a login button: `(await createClient(config)).beginLogin(options)`. Leaves the page. */
export const beginLogin: Wicketgate["beginLogin"] = api.beginLogin;
/** For the redirect page: `(await createClient(config)).handleCallback(url)`, `url` being the page's by default. */
export const handleCallback: Wicketgate["handleCallback"] = api.handleCallback;
export { isWicketgateError } from "./errors.js";
export { worksmart } from "./worksmart.js";
export type * from "./types.js";
