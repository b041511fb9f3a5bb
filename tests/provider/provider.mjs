// An OpenID provider that tells exactly one lie on request. Each lie is a file in `lies/` with an issuer of its own:
// `ORIGIN/<name of the file>`; `ORIGIN/honest` tells none. So all of them run at once, without any switch.
//
// It is the provider of `wicketgate/testing`, and a lie is hooks of it. Everything that a lie does not touch is correct, and
// the provider checks the client's requests strictly: a refusal in a test is then caused by the lie. `GET /lies` lists the
// lies. Run as a program, it listens until its standard input ends:
//
//     node tests/provider/provider.mjs
//     {"origin":"http://localhost:40001"}
import { readdirSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serve } from "../servers/http.mjs";
import { ask, fakeProvider, send } from "../servers/testing.mjs";
import { base64url, keyOf, keys, publicJwk, sign } from "./jose.mjs";

/**
 * @typedef {object} Lie The exports of a file in `lies/`. A hook gets the true value and returns the value to send instead. It
 * is called anew each time.
 * @property {string} section the section of a standard by which the client refuses the lie
 * @property {string} about the error; or, if a client must accept it, the unusual value
 * @property {{ error: string, claim?: string } | { accepted: true }} expect the client's reaction
 * @property {"connect" | "login" | "refresh" | "userinfo"} [when] the client's call in which it notices: `createClient`,
 * `handleCallback` (this is the default), `accessToken({ forceRefresh: true })` or `userInfo`; all calls before it succeed
 * @property {string} [needs] what the client's feature set must have, so that the lie can be told
 * @property {object} [config] further members of the client's configuration
 * @property {object} [options] options of the login
 * @property {string} [alg] the algorithm with which this issuer signs; default ES256
 * @property {object} [user] further claims of the user in front of the browser
 *
 * @property {(document: object, context: Context) => object} [metadata]
 * @property {(parameters: object, context: Context) => object} [authorizationResponse]
 * @property {(body: object, context: Context) => object} [tokenResponse]
 * @property {(keys: object[], context: Context) => unknown} [keys] the public keys of the JWK Set
 * @property {(claims: object, context: Context) => unknown} [userinfo]
 *
 * The HTTP answers:
 * @property {(truth: undefined, context: Context) => Answer | undefined} [instead] an answer in place of the endpoint's, which does
 * not carry the request out
 * @property {(answer: Answer, context: Context) => Answer} [metadataAnswer]
 * @property {(answer: Answer, context: Context) => Answer} [authorizationAnswer]
 * @property {(answer: Answer, context: Context) => Answer} [tokenAnswer]
 * @property {(answer: Answer, context: Context) => Answer} [keysAnswer]
 * @property {(answer: Answer, context: Context) => Answer} [userinfoAnswer]
 *
 * The parts of an ID token, in the order in which they are made; for a login and a refresh, unless the lie reads
 * `context.refreshing`:
 * @property {(header: object, context: Context) => object} [header]
 * @property {(text: string, context: Context) => string | Buffer} [headerText] the header, before base64url
 * @property {(claims: object, context: Context) => unknown} [claims] the claims at a login
 * @property {(claims: object, context: Context) => unknown} [refreshedClaims] the claims at a refresh (OIDC Core §12.2)
 * @property {(text: string, context: Context) => string | Buffer} [claimsText] the claims, before base64url
 * @property {(input: string, context: Context) => string} [signingInput] header and claims in base64url
 * @property {(signature: Buffer, context: Context) => Buffer} [signature]
 * @property {(token: string, context: Context) => string} [idToken] the whole token, signed
 *
 * @typedef {object} Context Facts that a hook may need.
 * @property {string} issuer
 * @property {string} honest the honest issuer
 * @property {string} clientId
 * @property {string} alg the algorithm with which this issuer signs
 * @property {object} key the key with which it signs: a private JWK
 * @property {Record<string, object>} keys all existing keys, by `kid`
 * @property {number} now seconds since the Unix epoch
 * @property {{ method: string, url: string, query: string, headers: object, body: string }} request
 * @property {{ keys: number, token: number }} asked the number of requests to each since the last authorization request,
 * including the present one
 * @property {string} place the endpoint of the request: a `Place` of `wicketgate/testing`
 * @property {boolean} refreshing whether tokens are being refreshed
 * @property {string} input the JWS signing input, for a signature
 * @property {string} accessToken the access token that is being issued
 * @property {string} [nonce] the nonce of the authorization request, for claims
 * @property {(input: string, jwk: object, alg: string) => Buffer} sign
 * @property {(jwk: object, alg?: string) => object} publicJwk
 * @property {(header: object, claims: object, jwk?: object) => string} jwt a signed token
 *
 * @typedef {{ status: number, headers: Record<string, string>, body: string }} Answer
 */

/** The only client: a public one. */
export const clientId = "wicketgate-tests";

/** The scope that it requests: without `offline_access`, the provider gives no refresh token. */
export const scope = "openid profile offline_access";

/** The user in front of the browser. */
const ada = { sub: "ada", name: "Ada Lovelace" };

/** The hook for the HTTP answer, by the endpoint of the request. */
const answerHooks = {
  discovery: "metadataAnswer",
  keys: "keysAnswer",
  authorization: "authorizationAnswer",
  token: "tokenAnswer",
  refresh: "tokenAnswer",
  userinfo: "userinfoAnswer",
};

/**
 * @param options.redirectUris the registered ones; CORS allows their origins
 * @returns `origin`; `lies`, as `GET /lies` lists them; `strays`, requests to places that no client has a reason to
 *         request, such as the URL in a token's own header; `close()`
 */
export async function startProvider({ redirectUris = ["https://app.example/callback"] } = {}) {
  const lies = await readLies();
  const providers = new Map();
  const strays = [];
  const list = [...lies].map(([name, { section, about, expect, needs, when = "login", config = {}, options = {} }]) => {
    return { name, section, about, expect, needs, when, config, options };
  });

  const server = await serve(
    async (request, response) => {
      if (request.url === "/lies") return send(response, json(200, list));
      const [, metadataOf, name = metadataOf] = /^\/(?:\.well-known\/oauth-authorization-server\/([^/?]+)|([^/?]+))/.exec(request.url) ?? [];
      const provider = providers.get(name);
      if (provider) return send(response, await ask(provider, server.origin, request));
      strays.push({ method: request.method, url: request.url });
      send(response, json(404, { error: "not_found" }));
    },
    // A host name of its own: in production, the provider is another site than the page.
    { hostname: "localhost" },
  );

  const honest = `${server.origin}/honest`;
  for (const [name, lie] of lies) {
    const [issuer, algorithm] = [`${server.origin}/${name}`, lie.alg ?? "ES256"];
    const hooks = hooksOf(lie, { issuer, honest, clientId, alg: algorithm, key: keyOf(algorithm) }, strays);
    const user = { ...ada, ...lie.user };
    providers.set(name, await fakeProvider({ issuer, clientId, redirectUri: redirectUris, user, algorithm, key: keyOf(algorithm), hooks }));
  }
  return { ...server, lies: list, strays };
}

/** By name, in alphabetical order. */
async function readLies() {
  const directory = new URL("lies/", import.meta.url);
  const files = readdirSync(directory).filter((file) => file.endsWith(".mjs"));
  const modules = await Promise.all(files.sort().map((file) => import(new URL(file, directory))));
  return new Map(modules.map((module, index) => [files[index].replace(/\.mjs$/, ""), module.default]));
}

/** A lie as hooks of the provider. Each hook gets the context of a lie. Requests to unknown places of the issuer go to `strays`. */
function hooksOf(lie, fixed, strays) {
  const asked = { keys: 0, token: 0 };
  const jwt = (header, claims, jwk = fixed.key) => {
    const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
    return `${input}.${base64url(sign(input, jwk, header.alg))}`;
  };
  /** The value to send instead of `truth`. */
  const say = (hook, truth, context) => {
    if (!lie[hook]) return truth;
    const request = { ...context.request, query: new URL(context.request.url).search.slice(1) };
    const refreshing = context.place === "refresh";
    return lie[hook](truth, { ...fixed, ...context, request, refreshing, asked, keys, sign, publicJwk, jwt });
  };
  const same = ["authorizationResponse", "tokenResponse", "keys", "userinfo", "header", "headerText", "claimsText", "signingInput", "idToken"];
  return {
    ...Object.fromEntries(same.map((hook) => [hook, (truth, context) => say(hook, truth, context)])),
    metadata: (document, context) => say("metadata", { ...document, userinfo_signing_alg_values_supported: [fixed.alg] }, context),
    claims: (claims, context) => say(context.place === "refresh" ? "refreshedClaims" : "claims", claims, context),
    signature: (signature, context) => say("signature", Buffer.from(signature), context),
    answer: (answer, context) => say(answerHooks[context.place], answer, context),
    // The first hook of each request.
    instead(truth, context) {
      const { place, request } = context;
      const { method, url } = request;
      // Any client may look for metadata at the place of RFC 8414.
      if (place === undefined && !url.includes("/.well-known/oauth-authorization-server")) strays.push({ method, url });
      if (place === "authorization") Object.assign(asked, { keys: 0, token: 0 });
      if (place === "keys") asked.keys += 1;
      if (place === "token" || place === "refresh") asked.token += 1;
      return lie.instead ? lie.instead(truth, context) : truth;
    },
  };
}

const json = (status, value) => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: JSON.stringify(value),
});

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { origin, close } = await startProvider();
  console.log(JSON.stringify({ origin }));
  process.stdin.on("end", close).resume();
}
