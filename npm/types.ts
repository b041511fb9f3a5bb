/**
 * The package's declarations. Wire-level names (RFC 8414 metadata, token responses, claims) keep their
 * registered snake_case; everything that is ours is camelCase. Durations are seconds, instants are seconds
 * since the Unix epoch.
 */

export interface ClientConfig {
  /** Client identifier as registered (RFC 6749 §2.2). */
  clientId: string;
  /** Issuer identifier. Its metadata is discovered (OIDC Discovery, then RFC 8414) and must name it exactly. */
  issuer?: string;
  /** Metadata given by hand; wins over what is discovered. Without `issuer`, at least `authorization_endpoint`. */
  metadata?: ServerMetadata;
  /** Exact registered redirect URI. Left out of both requests when not given (RFC 6749 §3.1.2.3). */
  redirectUri?: string | URL;
  /** Space-separated, as on the wire. With `openid` in it the client is an OIDC relying party: an ID token must come, and is checked. */
  scope?: string;
  /** Resource indicators (RFC 8707). */
  resource?: string | string[];
  /** Hands the code to a backend instead of redeeming it here. The only safe choice where the server wants a client secret. */
  backend?: BackendConfig;
  /** Default `"S256"`. `"off"` is accepted only together with `backend`. */
  pkce?: "S256" | "off";
  /** Pushed authorization requests (RFC 9126). `"always"` is not in this version. */
  par?: "auto" | "always" | "never";
  /** Sender-constrained tokens (RFC 9449). `"always"` is not in this version. */
  dpop?: "auto" | "always" | "never";
  /**
   * Default `"verify"`: the ID token's signature is checked against the server's JWKS. `"trust-tls"`: not; for plain-http
   * hosts, where browsers have no `crypto.subtle`. Every other check of the token is made either way, but that of an
   * `at_hash` of more than 256 bits where there is none.
   */
  idTokenSignature?: "verify" | "trust-tls";
  /**
   * Where tokens live. `"memory"`: gone on reload. `"session"` (default): this tab, sealed with a non-extractable key.
   * `"local"`: shared by tabs, sealed likewise. `"worker"` is not in this version: refused.
   */
  tokenStore?: "memory" | "session" | "local" | "worker";
  /**
   * The origins to which `client.fetch` may send the access token: `https`, or `http` on a loopback host. Compared whole, as
   * parsed origins, never as prefixes. Default: none.
   */
  allowedOrigins?: string[];
  /** How long a begun login may take. Default 600. */
  transactionLifetime?: number;
  /** Clock difference accepted when ID-token times are checked. Default 60. */
  clockTolerance?: number;
  /** Time allowed for one request to the server. Default 10. */
  requestTimeout?: number;
  /** A callback whose login was not begun in this tab: fail (default), or begin again, once, with a loop breaker. */
  onUnknownTransaction?: "fail" | "restart";
  /** Bind pending logins to a user of the app: a login begun under one binding cannot be completed under another. */
  sessionBinding?: string;
  /** Where the server sends the user after a logout there; exactly as registered. */
  postLogoutRedirectUri?: string | URL;
}

export interface BackendConfig {
  /** Same-origin URL that receives the hand-off as a JSON POST with credentials and the header `X-Requested-With: wicketgate`. */
  exchangeUrl: string | URL;
  /** GET: answers the session as JSON, 401 when there is none. */
  sessionUrl?: string | URL;
  /** POST: ends the session. */
  logoutUrl?: string | URL;
  headers?: Record<string, string>;
}

/** What a backend receives. Absent members are absent, not null. */
export interface HandOff {
  code: string;
  state: string;
  code_verifier?: string;
  redirect_uri?: string;
  client_id: string;
  iss?: string;
  nonce?: string;
  /** `maxAge` of the login, which the ID token's `auth_time` must keep. */
  max_age?: number;
  /** The claim request for `acr`, where `claims` made it essential. */
  acr?: Record<string, unknown>;
}

/** RFC 8414 / OIDC Discovery names; unknown members are kept. */
export interface ServerMetadata {
  issuer?: string;
  authorization_endpoint?: string;
  token_endpoint?: string;
  jwks_uri?: string;
  userinfo_endpoint?: string;
  end_session_endpoint?: string;
  revocation_endpoint?: string;
  pushed_authorization_request_endpoint?: string;
  require_pushed_authorization_requests?: boolean;
  authorization_response_iss_parameter_supported?: boolean;
  id_token_signing_alg_values_supported?: string[];
  dpop_signing_alg_values_supported?: string[];
  code_challenge_methods_supported?: string[];
  [name: string]: unknown;
}

export interface Client {
  /** What is known of the server. */
  readonly metadata: Readonly<ServerMetadata>;

  /**
   * Builds the authorization request, stores its transaction in `sessionStorage`, and returns the URL.
   * Synchronous, so that a popup opened with it keeps the user's gesture. Does not navigate.
   * @throws WicketgateError `storage_unavailable`, `invalid_option`; `pushed_request_required` where only PAR may be used
   */
  authorizationUrl(options?: LoginOptions): string;
  /** Builds the request and navigates. Settles only with an error: `navigation_cancelled` where the page came back. */
  beginLogin(options?: LoginOptions): Promise<void>;

  /**
   * The `state` of a logout at the server that this tab began, where this page is what it came back to: checked, and
   * removed from the page's URL. Else undefined.
   */
  readonly logoutState?: string;

  /** True where `url` (default: the page's) carries an authorization response for this client's redirect URI, or one that is being handled. */
  isCallback(url?: string | URL): boolean;
  /**
   * Parses and validates the authorization response, then redeems the code here or hands it to the backend.
   * Cleans the page's URL first. Calling it again for the same URL returns the same promise.
   */
  handleCallback(url?: string | URL): Promise<LoginResult>;

  /** Snapshot; the same object until something changes. */
  session(): Session;
  /** Calls `listener` after every change of `session()`. Returns the unsubscriber. */
  subscribe(listener: (session: Session) => void): () => void;

  /**
   * A valid access token, renewed first when it has less than `minValidity` seconds left (default 30, at most half its
   * lifetime; without a refresh token 0) and the server gave a refresh token. One refresh at a time in a page.
   * @throws WicketgateError `no_session`: also where it has expired and cannot be renewed, and where a backend keeps it; `session_ended`
   */
  accessToken(options?: { minValidity?: number; forceRefresh?: boolean; signal?: AbortSignal }): Promise<string>;
  /**
   * `fetch` with the access token attached, for `allowedOrigins` only. On a 401 it gets a newer token and sends the request
   * once more, where that can help and the body is no stream. Everything else is as `fetch` has it.
   * @throws WicketgateError `origin_not_allowed`, before anything is sent; `invalid_option` for a request with an
   *         `Authorization` header of its own or the mode `no-cors`; what `accessToken` throws. Else what `fetch` throws
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /**
   * What an API wants of the login before it accepts its token (RFC 9470), where `response` says so: options for `beginLogin`.
   * The API must let the page read `WWW-Authenticate` (`Access-Control-Expose-Headers`).
   */
  stepUp(response: Response): StepUp | undefined;
  /**
   * Claims of the UserInfo endpoint, as JSON or as a signed token; `sub` must equal the ID token's.
   * @throws WicketgateError `userinfo_invalid`, `no_session`, `invalid_metadata`, `aborted`, and what `accessToken` throws
   */
  userInfo(): Promise<Claims>;
  /**
   * Ends the session here and in sharing tabs, and revokes its tokens where the server lets a client do that (RFC 7009).
   * @throws WicketgateError `token_request_failed`, `network_failed`, `timed_out`, `backend_failed`: the session has ended here all the same
   */
  revoke(): Promise<void>;
  /**
   * Ends the session here and in sharing tabs, at the backend, and, where the server has an end-session endpoint, goes there
   * (RP-Initiated Logout 1.0; `redirect: false` stays). `idTokenHint` (default true) sends the ID token along. With a
   * `postLogoutRedirectUri` a `state` is sent, random unless given, which `createClient` checks when the user comes back.
   * @throws WicketgateError `backend_failed`, `network_failed`, `timed_out`: the session has ended here all the same
   */
  logout(options?: { idTokenHint?: boolean; postLogoutRedirectUri?: string | URL; state?: string; redirect?: boolean }): Promise<void>;
}

/** The part of `LoginOptions` that an API can ask for. */
export interface StepUp {
  acrValues?: string;
  maxAge?: number;
}

export interface LoginOptions {
  /** Where to send the user afterwards: a same-origin path. Anything else is refused. Default: the current path. */
  returnTo?: string;
  /** Any JSON value, given back by `handleCallback`. */
  appState?: unknown;
  scope?: string;
  resource?: string | string[];
  prompt?: string;
  loginHint?: string;
  /** The user must have logged in at most so many seconds ago (a whole number). The ID token's `auth_time` is checked. */
  maxAge?: number;
  /** Wishes, in order. What must be so is asked for by `claims` in `extraParams`, as essential, and checked. */
  acrValues?: string;
  uiLocales?: string;
  /** RFC 9396. Not in this version: refused. */
  authorizationDetails?: unknown[];
  /** Further request parameters. One that the client sets itself is refused. */
  extraParams?: Record<string, string>;
}

export interface LoginResult {
  returnTo: string;
  appState?: unknown;
  session: Session;
  /** Parsed JSON answer of the backend, in hand-off mode. */
  backend?: unknown;
}

export interface Session {
  /** `stale`: signed in, but the last refresh failed without ending the session. Only the server's own word does. */
  readonly status: "signed-out" | "signed-in" | "stale";
  /** Validated ID-token claims, or those the backend answered with. */
  readonly claims?: Claims;
  readonly scope?: string;
  /** When the access token expires, in seconds since the Unix epoch. */
  readonly expiresAt?: number;
  readonly tokenType?: "Bearer" | "DPoP";
}

export interface Claims {
  sub?: string;
  [name: string]: unknown;
}

/** A real `Error`: `message` is one English sentence for developers, free of secrets and of server-sent text. */
export interface WicketgateError extends Error {
  readonly name: "WicketgateError";
  readonly code: ErrorCode;
  /** What to do about it, one sentence. */
  readonly hint: string;
  /** True where the same call may succeed later unchanged. */
  readonly retryable: boolean;
  /** What the server said, length-capped and control characters removed. Show it as text. */
  readonly oauth?: { error: string; error_description?: string; error_uri?: string };
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** The ID-token claim or header that failed. */
  readonly claim?: string;
}

/** Closed; none equals a registered OAuth error value. */
export type ErrorCode =
  // the caller
  | "invalid_config" | "invalid_option" | "origin_not_allowed" | "no_session" | "pushed_request_required"
  // the authorization response
  | "callback_malformed" | "transaction_not_found" | "transaction_expired" | "transaction_used"
  | "transaction_foreign" | "issuer_mismatch" | "authorization_failed"
  // the server
  | "invalid_metadata" | "token_request_failed" | "token_response_malformed" | "id_token_invalid"
  | "userinfo_invalid" | "session_ended" | "backend_failed"
  // the environment
  | "network_failed" | "timed_out" | "aborted" | "storage_unavailable" | "popup_blocked" | "popup_closed"
  | "navigation_cancelled" | "redirect_loop" | "wasm_blocked" | "unsupported_environment";

/** What a `wicketgate` entry exports. */
export interface Wicketgate {
  /**
   * Loads the module once per page, discovers the server when `config.issuer` is given and
   * `config.metadata` does not already hold what is needed, and restores the session that a backend has.
   * Importing the package has no side effect and is safe where there is no `window` (SSR).
   * @throws WicketgateError `invalid_config`, `invalid_metadata`, `network_failed`, `timed_out`,
   *         `backend_failed`, `wasm_blocked`, `unsupported_environment`
   */
  createClient(config: ClientConfig): Promise<Client>;
  /** One call for a login button: `(await createClient(config)).beginLogin(options)`. */
  beginLogin(config: ClientConfig, options?: LoginOptions): Promise<void>;
  /** One call for the redirect page: `(await createClient(config)).handleCallback()`. */
  handleCallback(config: ClientConfig, url?: string | URL): Promise<LoginResult>;
}
