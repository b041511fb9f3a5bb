/** The entry `wicketgate/handoff/streaming`: `wicketgate/handoff`, with the module in a file of its own. */
export * from "./streaming.js";
export { worksmart } from "./worksmart.js";
