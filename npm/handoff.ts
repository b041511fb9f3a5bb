/**
 * The entry `wicketgate/handoff`: for apps whose backend does the login, or that hand the code to a backend. The tokens stay at
 * the backend, and this module has no code that would keep them in the page.
 */
export * from "./index.js";
export { worksmart } from "./worksmart.js";
