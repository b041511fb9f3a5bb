// Who takes part, and in what.
import { readFileSync } from "node:fs";

/**
 * @typedef {object} Peer One file of this folder, whose default export is `connect(config)`. It resolves with
 *   `url()`, which makes an authorization URL and stores its transaction; `begin()`, which goes there;
 *   `callback(url)`, which resolves with the ID token's claims; `token()`, a valid access token, refreshed where it is
 *   not; `logout()`, which goes to the server. Where they are there, `forget()` must be called before the next `url()`,
 *   and `arrive(url)` before `callback(url)` in a page whose address is another.
 * @property {string} name
 * @property {string} file
 * @property {string} id the file's name, and the peer's in addresses
 * @property {string} package
 * @property {string} version
 * @property {boolean} [checksSignature] whether it checks that of an ID token
 * @property {object} [config] what its configuration has besides
 * @property {string} [head] what its page has in its head besides
 * @property {string[]} [only] the measurements that it is there for; else all
 */

/** @type {Peer[]} */
export const peers = [
  { name: "wicketgate", file: "wicketgate.js", package: "wicketgate", checksSignature: true },
  { name: "wicketgate/streaming", file: "wicketgate-streaming.js", package: "wicketgate", only: ["size", "cold"], checksSignature: true },
  {
    name: "wicketgate/streaming, preloaded", file: "wicketgate-streaming.js", package: "wicketgate", only: ["cold"],
    checksSignature: true, head: '<link rel="preload" href="wicketgate_bg.wasm" as="fetch" type="application/wasm" crossorigin>',
  },
  {
    name: "wicketgate, memory", file: "wicketgate.js", package: "wicketgate", config: { memory: true },
    only: ["callbacks"], checksSignature: true,
  },
  { name: "oidc-client-ts", file: "oidc-client-ts.js", package: "oidc-client-ts" },
  { name: "auth0-spa-js", file: "auth0-spa-js.js", package: "@auth0/auth0-spa-js" },
  { name: "oauth4webapi", file: "oauth4webapi.js", package: "oauth4webapi" },
  {
    name: "oauth4webapi + signature", file: "oauth4webapi-signature.js", package: "oauth4webapi",
    only: ["size", "callbacks", "tampered"], checksSignature: true,
  },
  { name: "msal-browser", file: "msal-browser.js", package: "@azure/msal-browser" },
  { name: "keycloak-js", file: "keycloak-js.js", package: "keycloak-js" },
  { name: "oidc-spa", file: "oidc-spa.js", package: "oidc-spa", only: ["size"] },
  { name: "@axa-fr/oidc-client", file: "axa-oidc-client.js", package: "@axa-fr/oidc-client", only: ["size"] },
].map((peer) => ({ ...peer, id: peer.file.replace(/\.js$/, ""), version: versionOf(peer.package) }));

/** No peer: see its file. */
export const nothing = { name: "nothing", file: "nothing.js", id: "nothing" };

export const takingPartIn = (measurement) => peers.filter(({ only }) => !only || only.includes(measurement));

function versionOf(name) {
  const place = name === "wicketgate" ? "../../pkg/package.json" : `../node_modules/${name}/package.json`;
  return JSON.parse(readFileSync(new URL(place, import.meta.url), "utf8")).version;
}
