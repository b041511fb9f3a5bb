/** The authorization server: its state, and the endpoint that answers each request. */
import { json, page, parametersOf, redirect, unregistered } from "./answers.js";
import { authorize } from "./authorization.js";
import type { Say } from "./hooks.js";
import type { Issuer, Lifetimes, Registration } from "./issuer.js";
import { type Key, random } from "./keys.js";
import type { Place, ProviderRequest, ProviderResponse, User } from "./messages.js";
import { Tokens } from "./tokens.js";

export class Server implements Issuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly lifetimes: Lifetimes;
  readonly #tokens = new Tokens(this);
  readonly #places: Readonly<Record<string, Place>>;
  readonly #metadata: Readonly<Record<string, unknown>>;
  user: User;
  key: Key;
  login: Issuer["login"];
  /** How many seconds its clock is ahead. */
  ahead = 0;

  constructor({ issuer, clientId, redirectUris, postLogoutRedirectUris, lifetimes }: Registration, user: User, key: Key) {
    [this.issuer, this.clientId, this.redirectUris, this.lifetimes] = [issuer, clientId, redirectUris, lifetimes];
    [this.postLogoutRedirectUris, this.user, this.key] = [postLogoutRedirectUris, user, key];
    const base = issuer.replace(/\/$/, "");
    // A page caches keys by their URL, so each test's server has its own URL.
    const keys = `${base}/keys/${random()}`;
    this.#metadata = {
      issuer,
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      jwks_uri: keys,
      userinfo_endpoint: `${base}/userinfo`,
      revocation_endpoint: `${base}/revoke`,
      end_session_endpoint: `${base}/logout`,
      scopes_supported: ["openid", "profile", "email", "address", "phone", "offline_access"],
      response_types_supported: ["code"],
      response_modes_supported: ["query", "fragment"],
      grant_types_supported: ["authorization_code", "refresh_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [key.algorithm],
      token_endpoint_auth_methods_supported: ["none"],
      code_challenge_methods_supported: ["S256"],
      claims_parameter_supported: true,
      authorization_response_iss_parameter_supported: true,
    };
    const { origin, pathname } = new URL(base);
    this.#places = {
      [`GET ${base}/.well-known/openid-configuration`]: "discovery",
      // RFC 8414 §3.1 inserts the path where OpenID Connect Discovery appends.
      [`GET ${origin}/.well-known/oauth-authorization-server${pathname === "/" ? "" : pathname}`]: "discovery",
      [`GET ${keys}`]: "keys",
      [`GET ${base}/authorize`]: "authorization",
      [`POST ${base}/token`]: "token",
      [`GET ${base}/userinfo`]: "userinfo",
      [`POST ${base}/userinfo`]: "userinfo",
      [`POST ${base}/revoke`]: "revocation",
      [`GET ${base}/logout`]: "logout",
      [`POST ${base}/logout`]: "logout",
    };
  }

  now(): number {
    return Math.floor(Date.now() / 1000) + this.ahead;
  }

  placeOf({ method, url, body }: ProviderRequest): Place | undefined {
    const place = this.#places[`${method} ${url.replace(/[?#].*$/, "")}`];
    return place === "token" && new URLSearchParams(body).get("grant_type") === "refresh_token" ? "refresh" : place;
  }

  /** @param place the endpoint of the request */
  async answer(request: ProviderRequest, place: Place | undefined, say: Say): Promise<ProviderResponse> {
    if (request.method === "OPTIONS") return this.#readable({ status: 204, headers: {}, body: "" }, request, place);
    const instead = await say("instead", undefined);
    const answer = await say("answer", instead ?? (await this.#endpoint(request, place, say)));
    return this.#readable(answer, request, place);
  }

  /** The answer with the headers that let a registered page read it. Every origin may read metadata and keys. */
  #readable(answer: ProviderResponse, { headers: { origin } }: ProviderRequest, place: Place | undefined): ProviderResponse {
    const isPublic = place === "discovery" || place === "keys";
    const isAllowed = isPublic || (origin !== undefined && this.redirectUris.some((uri) => new URL(uri).origin === origin));
    return isAllowed && origin !== undefined ? { ...answer, headers: { ...answer.headers, ...cors(isPublic ? "*" : origin) } } : answer;
  }

  async #endpoint(request: ProviderRequest, place: Place | undefined, say: Say): Promise<ProviderResponse> {
    const query = request.url.split("#")[0]?.split("?").slice(1).join("?") ?? "";
    switch (place) {
      case "discovery":
        return json(200, await say("metadata", this.#metadata));
      case "keys":
        return json(200, { keys: await say("keys", [this.key.jwk]) });
      case "authorization":
        return authorize(this, query, (grant) => this.#tokens.code(grant), say);
      case "token":
      case "refresh":
        return this.#tokens.answer(request, say);
      case "userinfo":
        return this.#tokens.userInfo(request, say);
      case "revocation":
        return this.#tokens.revoke(request);
      case "logout":
        return this.#logOut(request.method === "GET" ? query : request.body);
      case undefined:
        return json(404, { error: "not_found" });
    }
  }

  /** RP-Initiated Logout 1.0. */
  #logOut(text: string): ProviderResponse {
    const parameters = parametersOf(text);
    if (typeof parameters === "string") return page(400, `The parameter ${parameters} is there twice.`);
    const { id_token_hint: idToken, client_id: clientId, post_logout_redirect_uri: returnTo, state } = parameters;
    if (idToken !== undefined && !this.#tokens.hasIssued(idToken)) return page(400, "The id_token_hint is not an ID token of this server.");
    if (clientId !== undefined && clientId !== this.clientId) return page(400, unregistered("client_id", clientId, [this.clientId]));
    const isKnown = idToken !== undefined || clientId !== undefined;
    if (returnTo !== undefined && !(isKnown && this.postLogoutRedirectUris.includes(returnTo))) {
      return page(400, unregistered("post_logout_redirect_uri", returnTo, this.postLogoutRedirectUris));
    }
    this.login = undefined;
    return returnTo === undefined ? page(200, "You are logged out.") : redirect(returnTo, { state });
  }
}

const cors = (origin: string) => ({
  "access-control-allow-origin": origin,
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type, dpop",
  "access-control-expose-headers": "www-authenticate, dpop-nonce",
  vary: "Origin",
});
