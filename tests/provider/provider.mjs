// An OpenID provider that, told so, tells exactly one lie. Each lie is one file in `lies/`, and an issuer of its own:
// `ORIGIN/<name of the file>`; `ORIGIN/honest` tells none. So all of them run at once, and nothing has to be switched.
//
// Whatever a lie does not touch is correct, and what a client sends is checked strictly: a refusal that a test sees is
// then the lie's doing. `GET /lies` lists them. As a program it listens until its standard input ends:
//
//     node tests/provider/provider.mjs
//     {"origin":"http://localhost:40001"}
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readBody, record, serve } from "../servers/http.mjs";
import { base64url, keyOf, keys, leftHalfOfHash, publicJwk, sign } from "./jose.mjs";

/**
 * @typedef {object} Lie What a file in `lies/` exports. A hook gets the truth, and gives back what is said in its
 * place; it is asked anew each time.
 * @property {string} section the section of a standard that the client holds against it
 * @property {string} about what is wrong; or, where a client must put up with it, what is unusual
 * @property {{ error: string, claim?: string } | { accepted: true }} expect what the client makes of it
 * @property {"connect" | "login" | "refresh" | "userinfo"} [when] what the client does when it notices: `createClient`,
 *   `handleCallback` (this is the default), `accessToken({ forceRefresh: true })` or `userInfo`; all before it works
 * @property {object} [config] further members of the client's configuration
 * @property {object} [options] options of the login
 * @property {string} [alg] how this issuer signs; default ES256
 *
 * @property {(document: object, context: Context) => object} [metadata]
 * @property {(parameters: object, context: Context) => object} [authorizationResponse]
 * @property {(body: object, context: Context) => object} [tokenResponse]
 * @property {(keys: object[], context: Context) => unknown} [keys] the public keys of the JWK Set
 * @property {(claims: object, context: Context) => unknown} [userinfo]
 *
 * The answers as HTTP has them:
 * @property {(answer: Answer, context: Context) => Answer} [metadataAnswer]
 * @property {(answer: Answer, context: Context) => Answer} [authorizationAnswer]
 * @property {(answer: Answer, context: Context) => Answer} [tokenAnswer]
 * @property {(answer: Answer, context: Context) => Answer} [keysAnswer]
 * @property {(answer: Answer, context: Context) => Answer} [userinfoAnswer]
 *
 * The ID token, in the order in which it is made; of a login and of a refresh, unless `context.refreshing` is asked:
 * @property {(header: object, context: Context) => object} [header]
 * @property {(text: string, context: Context) => string | Buffer} [headerText] the header, before base64url
 * @property {(claims: object, context: Context) => unknown} [claims] those of a login
 * @property {(claims: object, context: Context) => unknown} [refreshedClaims] those of a refresh (OIDC Core §12.2)
 * @property {(text: string, context: Context) => string | Buffer} [claimsText] the claims, before base64url
 * @property {(input: string, context: Context) => string} [signingInput] header and claims in base64url
 * @property {(signature: Buffer, context: Context) => Buffer} [signature]
 * @property {(token: string, context: Context) => string} [idToken] all of it, signed
 *
 * @typedef {object} Context What a hook may want to know.
 * @property {string} issuer
 * @property {string} honest the honest issuer
 * @property {string} clientId
 * @property {string} alg how this issuer signs
 * @property {object} key what it signs with: a private JWK
 * @property {Record<string, object>} keys all keys that there are, by `kid`
 * @property {number} now seconds since the Unix epoch
 * @property {{ method: string, path: string, query: string, headers: object, body: string }} request
 * @property {{ keys: number, token: number }} asked how often each was asked since the last authorization request,
 *   this time included
 * @property {boolean} refreshing whether tokens are being refreshed
 * @property {string} input the JWS signing input, where a signature is made
 * @property {string} accessToken the access token that is being issued
 * @property {string} [nonce] that of the authorization request, where claims are made
 * @property {(input: string, jwk: object, alg: string) => Buffer} sign
 * @property {(jwk: object, alg?: string) => object} publicJwk
 * @property {(header: object, claims: object, jwk?: object) => string} jwt a signed token
 *
 * @typedef {{ status: number, headers: Record<string, string>, body: string }} Answer
 */

/** The only client that there is: a public one. */
export const clientId = "wicketgate-tests";

const LIFETIME = 3600;

/**
 * @param options.redirectUris the registered ones, whose origins CORS lets in; `undefined` is any
 * @returns `origin`; `lies`, as `GET /lies` lists them; `strays`, requests to places where no client has anything to
 *   look for, such as the one that a token's own header names; `close()`
 */
export async function startProvider({ redirectUris } = {}) {
  const lies = await readLies();
  const issuers = new Map();
  const strays = [];
  const origins = redirectUris?.map((uri) => new URL(uri).origin);

  const server = await serve(
    async (request, response) => {
      const recorded = record(request, await readBody(request));
      const { status, headers, body } = answer(recorded);
      const { origin } = recorded.headers;
      const isLetIn = origin && (origins?.includes(origin) ?? true);
      response.writeHead(status, { ...headers, ...(isLetIn && cors(origin)), vary: "Origin" });
      response.end(body);
    },
    // A name of its own: in production the provider is another site than the page.
    { hostname: "localhost" },
  );

  for (const [name, lie] of lies) {
    const context = { issuer: `${server.origin}/${name}`, honest: `${server.origin}/honest`, clientId };
    issuers.set(name, createIssuer(lie, context, redirectUris));
  }
  const list = [...lies].map(([name, { section, about, expect, when = "login", config = {}, options = {} }]) => {
    return { name, section, about, expect, when, config, options };
  });
  return { ...server, lies: list, strays };

  function answer(request) {
    const [, name, path] = /^\/([^/]+)(\/.*)?$/.exec(request.path) ?? [];
    if (request.method === "OPTIONS") return { status: 204, headers: {}, body: "" };
    if (request.path === "/lies") return json(200, list);
    const found = issuers.get(name)?.(path, request);
    if (found) return found;
    // Where RFC 8414 has metadata, anybody may ask whether there is some.
    if (!request.path.includes("/.well-known/oauth-authorization-server")) strays.push(request);
    return json(404, { error: "not_found" });
  }
}

/** By name, in alphabetical order. */
async function readLies() {
  const directory = new URL("lies/", import.meta.url);
  const files = readdirSync(directory).filter((file) => file.endsWith(".mjs"));
  const modules = await Promise.all(files.sort().map((file) => import(new URL(file, directory))));
  return new Map(modules.map((module, index) => [files[index].replace(/\.mjs$/, ""), module.default]));
}

/** One issuer: a function that answers a request to a path below it, or gives `undefined` where there is nothing. */
function createIssuer(lie, fixed, redirectUris) {
  const { issuer } = fixed;
  const alg = lie.alg ?? "ES256";
  const key = keyOf(alg);
  const codes = new Map(); // code -> grant
  const refreshTokens = new Map(); // refresh token -> grant
  const accessTokens = new Map(); // access token -> grant
  const asked = { keys: 0, token: 0 };

  const endpoints = {
    "GET /.well-known/openid-configuration": metadata,
    "GET /authorize": authorize,
    "POST /token": token,
    "GET /jwks": jwks,
    "GET /userinfo": userinfo,
    "POST /userinfo": userinfo,
    "GET /end_session": endSession,
  };

  return (path, request) => {
    const endpoint = endpoints[`${request.method} ${path}`];
    if (!endpoint) return undefined;
    const jwt = (header, claims, jwk = key) => {
      const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
      return `${input}.${base64url(sign(input, jwk, header.alg))}`;
    };
    const now = Math.floor(Date.now() / 1000);
    const context = { ...fixed, alg, key, keys, now, request, asked, refreshing: false, sign, publicJwk, jwt };
    return endpoint(context);
  };

  /** What is said in the place of `truth`. */
  function say(hook, truth, context) {
    return lie[hook] ? lie[hook](truth, context) : truth;
  }

  function metadata(context) {
    const document = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/userinfo`,
      end_session_endpoint: `${issuer}/end_session`,
      scopes_supported: ["openid", "profile"],
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code", "refresh_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [alg],
      userinfo_signing_alg_values_supported: [alg],
      token_endpoint_auth_methods_supported: ["none"],
      code_challenge_methods_supported: ["S256"],
      claims_parameter_supported: true,
      authorization_response_iss_parameter_supported: true,
    };
    return say("metadataAnswer", json(200, say("metadata", document, context)), context);
  }

  function authorize(context) {
    const parameters = new URLSearchParams(context.request.query);
    const once = (name) => (parameters.getAll(name).length === 1 ? parameters.get(name) : undefined);
    const redirectUri = once("redirect_uri");
    // While client or redirect URI are in doubt, nothing may lead away from here (RFC 6749 §4.1.2.1).
    if (once("client_id") !== clientId) return text(400, "client_id is missing, repeated or unknown.");
    if (!(redirectUris?.includes(redirectUri) ?? URL.canParse(redirectUri)))
      return text(400, "redirect_uri is missing, repeated or not registered.");

    Object.assign(asked, { keys: 0, token: 0 });
    const state = once("state");
    const back = (response) => {
      const location = new URL(redirectUri);
      const said = say("authorizationResponse", { ...response, ...(state && { state }), iss: issuer }, context);
      for (const [name, value] of Object.entries(said)) location.searchParams.append(name, value);
      const headers = { location: location.href, "cache-control": "no-store" };
      return say("authorizationAnswer", { status: 303, headers, body: "" }, context);
    };
    if (new Set(parameters.keys()).size !== parameters.size) return back({ error: "invalid_request" });
    if (once("response_type") !== "code") return back({ error: "unsupported_response_type" });
    const challenge = once("code_challenge");
    if (once("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(challenge))
      return back({ error: "invalid_request" });

    const code = secret("code");
    codes.set(code, {
      redirectUri,
      challenge,
      nonce: once("nonce"),
      scope: once("scope") ?? "",
      // The person is at the keyboard, and has logged in at this moment.
      authTime: context.now,
    });
    return back({ code });
  }

  function token(context) {
    asked.token += 1;
    const refuse = (error) => json(400, { error });
    const parameters = new URLSearchParams(context.request.body);
    if (!/^application\/x-www-form-urlencoded\b/.test(context.request.headers["content-type"]))
      return refuse("invalid_request");
    if (new Set(parameters.keys()).size !== parameters.size) return refuse("invalid_request");
    if (parameters.get("client_id") !== clientId) return refuse("invalid_client");

    const grantType = parameters.get("grant_type");
    if (grantType === "authorization_code") {
      const grant = taken(codes, parameters.get("code"));
      const challenge = createHash("sha256").update(parameters.get("code_verifier") ?? "").digest("base64url");
      const isHis = grant?.challenge === challenge && grant.redirectUri === parameters.get("redirect_uri");
      return isHis ? issue(grant, context) : refuse("invalid_grant");
    }
    if (grantType === "refresh_token") {
      const grant = taken(refreshTokens, parameters.get("refresh_token"));
      return grant ? issue(grant, { ...context, refreshing: true }) : refuse("invalid_grant");
    }
    return refuse("unsupported_grant_type");
  }

  function issue(grant, context) {
    const accessToken = secret("access-token");
    const refreshToken = secret("refresh-token");
    accessTokens.set(accessToken, grant);
    refreshTokens.set(refreshToken, grant);
    const body = {
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: LIFETIME,
      refresh_token: refreshToken,
      scope: grant.scope,
    };
    if (grant.scope.split(" ").includes("openid")) body.id_token = idToken(grant, { ...context, accessToken });
    return say("tokenAnswer", json(200, say("tokenResponse", body, context)), context);
  }

  function idToken({ authTime, nonce }, context) {
    const { now, refreshing, accessToken } = context;
    const claims = {
      iss: issuer,
      ...subject,
      aud: clientId,
      exp: now + LIFETIME,
      iat: now,
      auth_time: authTime,
      at_hash: leftHalfOfHash(accessToken, alg),
    };
    // OIDC Core §12.2: a refreshed token should not have one.
    if (nonce && !refreshing) claims.nonce = nonce;
    const header = say("header", { alg, kid: key.kid, typ: "JWT" }, context);
    const headerText = say("headerText", JSON.stringify(header), context);
    const said = say(refreshing ? "refreshedClaims" : "claims", claims, { ...context, nonce });
    const claimsText = say("claimsText", JSON.stringify(said), context);
    const input = say("signingInput", `${base64url(headerText)}.${base64url(claimsText)}`, context);
    const signature = say("signature", sign(input, key, alg), { ...context, input });
    return say("idToken", `${input}.${base64url(signature)}`, context);
  }

  function jwks(context) {
    asked.keys += 1;
    return say("keysAnswer", json(200, { keys: say("keys", [publicJwk(key, alg)], context) }), context);
  }

  function userinfo(context) {
    const [, accessToken] = /^Bearer ([\w.~+/-]+=*)$/i.exec(context.request.headers.authorization) ?? [];
    if (!accessTokens.has(accessToken)) {
      const { headers, ...answer } = json(401, { error: "invalid_token" });
      return { ...answer, headers: { ...headers, "www-authenticate": 'Bearer error="invalid_token"' } };
    }
    return say("userinfoAnswer", json(200, say("userinfo", subject, context)), context);
  }

  function endSession({ request }) {
    const parameters = new URLSearchParams(request.query);
    const back = parameters.get("post_logout_redirect_uri");
    if (!URL.canParse(back)) return text(200, "Signed out.");
    const location = new URL(back);
    if (parameters.has("state")) location.searchParams.append("state", parameters.get("state"));
    return { status: 303, headers: { location: location.href }, body: "" };
  }
}

/** Who is at the keyboard. */
const subject = { sub: "ada", name: "Ada Lovelace" };

/** What kind it is can be read off it, so that a test may look for it where it must not be. */
const secret = (kind) => `${kind}-${randomBytes(24).toString("base64url")}`;

function taken(map, name) {
  const value = map.get(name);
  map.delete(name);
  return value;
}

const json = (status, value) => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: JSON.stringify(value),
});

const text = (status, body) => ({ status, headers: { "content-type": "text/plain; charset=utf-8" }, body });

const cors = (origin) => ({
  "access-control-allow-origin": origin,
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type",
  "access-control-expose-headers": "www-authenticate",
});

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { origin, close } = await startProvider();
  console.log(JSON.stringify({ origin }));
  process.stdin.on("end", close).resume();
}
