/**
 * The entry `wicketgate/streaming`: the module is a file of its own, which the browser compiles while it arrives. It costs one
 * more request and saves bytes. It needs a bundler or a server that supports `new URL(…, import.meta.url)`.
 */
import { wicketgate } from "./client.js";
import * as streamed from "./streamed.js";
import type { Wicketgate } from "./types.js";

const api = /* @__PURE__ */ wicketgate(async () => streamed);

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
