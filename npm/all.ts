/** The entry `wicketgate/all`: the features of the other two entries, and all further features. */
export * from "./index.js";
export { worksmart } from "./worksmart.js";
