/**
 * The entry `wicketgate/streaming`: the module is a file of its own, compiled while it arrives. One request
 * more, fewer bytes; it needs a bundler or a server that copes with `new URL(…, import.meta.url)`.
 */
import { wicketgate } from "./client.js";
import { streamed } from "./streamed.js";
import type { Wicketgate } from "./types.js";

const api = /* @__PURE__ */ wicketgate(streamed);

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
