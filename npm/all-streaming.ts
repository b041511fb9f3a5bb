/** The entry `wicketgate/all/streaming`: `wicketgate/all`, with the module in a file of its own. */
export * from "./streaming.js";
export { worksmart } from "./worksmart.js";
