/**
 * The entry `wicketgate/testing`: an OpenID provider that answers in the page, for the tests of apps. It is as strict as a
 * real one, needs no network, and fails when it is told to. docs/testing.md shows it in use.
 */
export { failures } from "./testing/failures.js";
export { fakeProvider } from "./testing/provider.js";
export type * from "./testing/types.js";
