// The peers, and the measurements that each takes part in.
import { readFileSync } from "node:fs";

/**
 * @typedef {object} Peer One file of this folder, whose default export is `connect(config)`. It resolves with
 *   `isSignedIn()`, if the library can say so; `url()`, which makes an authorization URL and stores its transaction; `begin()`,
 *   which goes there; `callback(url)`, which resolves with the ID token's claims; `token()`, a valid access token, refreshed if
 *   necessary; `fetch(url)`, if the library sends the token by itself; `logout()`, which goes to the server. `idle()` does what the
 *   library does in an idle page. If a peer has them, call `forget()` before the next `url()`,
 *   and `arrive(url)` before `callback(url)` in a page whose address is another.
 * @property {string} name
 * @property {string} file
 * @property {string} id the file's name, and the peer's in addresses
 * @property {string} package
 * @property {string} version
 * @property {boolean} [hasProofs] whether it can bind tokens to a key of its own (RFC 9449), with `dpop: true` in `config`
 * @property {boolean} [checksSignature] whether it checks the signature of an ID token
 * @property {object} [config] further members of its configuration
 * @property {string} [head] further elements of its page's head
 * @property {boolean} [inOne] whether its script is one file, which contains what others load later
 * @property {string[]} [only] the measurements that it takes part in; without it, all
 */

/** @type {Peer[]} */
export const peers = [
  { name: "wicketgate", file: "wicketgate.js", package: "wicketgate", checksSignature: true },
  { name: "wicketgate/all", file: "wicketgate-all.js", package: "wicketgate", only: ["size", "landing", "proofs"], checksSignature: true, hasProofs: true },
  {
    name: "wicketgate/handoff", file: "wicketgate-handoff.js", package: "wicketgate", inOne: true,
    only: ["size", "cold", "click", "landing"],
  },
  {
    name: "wicketgate/streaming", file: "wicketgate-streaming.js", package: "wicketgate", only: ["size", "cold", "landing"],
    checksSignature: true,
  },
  {
    name: "wicketgate/streaming, preloaded", file: "wicketgate-streaming.js", package: "wicketgate", only: ["cold"],
    checksSignature: true, head: '<link rel="preload" href="wicketgate_bg.wasm" as="fetch" type="application/wasm" crossorigin>',
  },
  {
    name: "wicketgate, memory", file: "wicketgate.js", package: "wicketgate", config: { memory: true },
    only: ["callbacks"], checksSignature: true,
  },
  { name: "oidc-client-ts", file: "oidc-client-ts.js", package: "oidc-client-ts", hasProofs: true },
  { name: "auth0-spa-js", file: "auth0-spa-js.js", package: "@auth0/auth0-spa-js", hasProofs: true },
  { name: "oauth4webapi", file: "oauth4webapi.js", package: "oauth4webapi" },
  {
    name: "oauth4webapi + signature", file: "oauth4webapi-signature.js", package: "oauth4webapi",
    only: ["size", "callbacks", "tampered"], checksSignature: true,
  },
  { name: "msal-browser", file: "msal-browser.js", package: "@azure/msal-browser", hasProofs: true },
  { name: "keycloak-js", file: "keycloak-js.js", package: "keycloak-js" },
  { name: "oidc-spa", file: "oidc-spa.js", package: "oidc-spa", only: ["size"] },
  { name: "@axa-fr/oidc-client", file: "axa-oidc-client.js", package: "@axa-fr/oidc-client", only: ["size"] },
].map((peer) => ({ ...peer, id: peer.file.replace(/\.js$/, ""), version: versionOf(peer.package) }));

/** Not a peer: see its file. */
export const nothing = { name: "nothing", file: "nothing.js", id: "nothing" };

export const takingPartIn = (measurement) => peers.filter(({ only }) => !only || only.includes(measurement));

function versionOf(name) {
  const place = name === "wicketgate" ? "../../pkg/package.json" : `../node_modules/${name}/package.json`;
  return JSON.parse(readFileSync(new URL(place, import.meta.url), "utf8")).version;
}
