/**
 * The entry `wicketgate`: the WebAssembly module travels inside this script, so that a page makes one
 * request and no bundler needs to know of it.
 */
import { wicketgate } from "./client.js";
import { embedded } from "./embedded.js";

export const { createClient, beginLogin, handleCallback } = /* @__PURE__ */ wicketgate(embedded);
export { isWicketgateError } from "./errors.js";
export { worksmart } from "./worksmart.js";
export type * from "./types.js";
