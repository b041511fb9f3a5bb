/**
 * The entry `wicketgate/streaming`: the module is a file of its own, compiled while it arrives. One request
 * more, fewer bytes; it needs a bundler or a server that copes with `new URL(…, import.meta.url)`.
 */
import { wicketgate } from "./client.js";
import { streamed } from "./streamed.js";

export const { createClient, beginLogin, handleCallback } = /* @__PURE__ */ wicketgate(streamed);
export { isWicketgateError } from "./errors.js";
export { worksmart } from "./worksmart.js";
export type * from "./types.js";
