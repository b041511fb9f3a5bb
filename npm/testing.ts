/**
 * The entry `wicketgate/testing`: an OpenID provider that answers in the page, for the tests of apps. It is as strict as a real
 * one, needs no network, and fails on demand. docs/guide/testing.md shows how to use it.
 */
export { failures } from "./testing/failures.js";
export { fakeProvider } from "./testing/provider.js";
export type * from "./testing/types.js";
