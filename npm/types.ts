/**
 * The package's declarations. Wire-level names (RFC 8414 metadata, token responses, claims) keep their registered snake_case;
 * all our own names are camelCase. Durations are seconds, instants are seconds since the Unix epoch.
 */

/** The configuration of `createClient`. Any other member is refused: none is ignored. */
export interface ClientConfig {
  /** Client identifier as registered (RFC 6749 §2.2). */
  clientId: string;
  /** Issuer identifier. Its metadata is discovered (OIDC Discovery, then RFC 8414) and must name it exactly. */
  issuer?: string;
  /** Metadata given by hand; they win over the discovered ones. Without `issuer`, at least `authorization_endpoint`. */
  metadata?: ServerMetadata;
  /** The redirect URI, exactly as registered. If it is not given, both requests leave it out (RFC 6749 §3.1.2.3). */
  redirectUri?: string | URL;
  /**
   * Space-separated, as on the wire. If it contains `openid`, the client is an OIDC relying party: the server must send an ID
   * token, and the client checks it.
   */
  scope?: string;
  /** Resource indicators (RFC 8707). */
  resource?: string | string[];
  /**
   * Hands the code to a backend instead of redeeming it in the page. If the server demands a client secret, this is the only
   * safe choice.
   */
  backend?: BackendConfig;
  /** Default `"S256"`. `"off"` is accepted only together with `backend`. */
  pkce?: "S256" | "off";
  /**
   * Pushed authorization requests (RFC 9126). `"auto"` (default): if the server's metadata say that it requires them. A backend
   * that begins logins (`beginUrl`) pushes them, with the client's authentication; otherwise the page does, for which it needs
   * `wicketgate/all`.
   */
  par?: "auto" | "always" | "never";
  /**
   * Tokens that nobody can use without a key of this browser (RFC 9449). `"auto"` (default): if the server's metadata list an
   * algorithm of this client (ES256); a server that then issues a bearer token is accepted. `"always"`: in any case; every other
   * token is refused. `wicketgate/all` has it; the other entries use bearer tokens. If there is a `backend`, the key is its own.
   * The APIs must accept the tokens: the `DPoP` header is new to their CORS rules.
   */
  dpop?: "auto" | "always" | "never";
  /**
   * Default `"verify"`: the client checks the ID token's signature against the server's JWKS. `"trust-tls"`: it does not; for
   * plain-http hosts, where browsers have no `crypto.subtle`. The client makes all other checks of the token in both cases,
   * except for an `at_hash` of more than 256 bits without `crypto.subtle`.
   */
  idTokenSignature?: "verify" | "trust-tls";
  /**
   * Where the client keeps tokens. `"memory"`: lost on reload. `"session"` (default): in this tab, sealed with a
   * non-extractable key. `"local"`: shared by tabs, sealed likewise. `"worker"` is not in this version: refused.
   */
  tokenStore?: "memory" | "session" | "local" | "worker";
  /**
   * The origins to which `client.fetch` may send the access token: `https`, or `http` on a loopback host. The client compares
   * whole, parsed origins, never prefixes. An object names the API's resource (RFC 8707): a token of its own goes there, with
   * `scope` or whatever the server gives for that resource. One login brings the tokens of all APIs, if the server gives a refresh
   * token; `wicketgate/all` has it. Default: none.
   */
  allowedOrigins?: (string | { origin: string; resource: string; scope?: string })[];
  /** How long a begun login may take. Default 600. */
  transactionLifetime?: number;
  /** The clock difference that is accepted when the client checks an ID token's times. Default 60. */
  clockTolerance?: number;
  /**
   * How long a session may go unused, in seconds; only in the entry `wicketgate/all`. Then the client ends it in all tabs and at
   * the backend, and revokes its tokens, as `revoke()` does. The tabs of the origin share the time of the user's last activity: a
   * key, a click, a touch, the wheel. Default: no limit.
   */
  idleLimit?: number;
  /**
   * How long before the end of a session `subscribe` tells of it, in seconds; only in the entry `wicketgate/all`: the session then
   * has `endingAt`. Default: never.
   */
  endWarning?: number;
  /**
   * For an app that is not a web page; only in the entry `wicketgate/all`. `beginLogin()` then calls `open` instead of leaving the
   * page, `logout()` stays in the page, and `redirectUri` may have another origin or a scheme of the app's own (RFC 8252 §7). Not
   * together with `backend`.
   */
  environment?: Environment;
  /** Time allowed for one request to the server. Default 10. */
  requestTimeout?: number;
  /**
   * What to do with a callback whose login was not begun in this tab: fail (default), or begin a new login, once, with a loop
   * breaker.
   */
  onUnknownTransaction?: "fail" | "restart";
  /** Binds pending logins to a user of the app: a login begun under one binding cannot be completed under another. */
  sessionBinding?: string;
  /** The place to which the server sends the user after a logout there; exactly as registered. */
  postLogoutRedirectUri?: string | URL;
  /**
   * Parameters of every authorization request, such as Auth0's `audience`. The parameters of a single login come after them and
   * win.
   */
  extraParams?: Record<string, string>;
  /** Parameters of every logout at the server, such as Cognito's `logout_uri`. */
  logoutParams?: Record<string, string>;
  /** Further audiences that an ID token without an `azp` may name beside this client. */
  trustedAudiences?: string[];
}

/** How an app that is not a web page reaches the server: a desktop or mobile app, or a browser extension. */
export interface Environment {
  /**
   * Opens the server's page outside of this page: in the system's browser, or in a window of the platform. If the platform
   * returns the callback's URL, resolve with it. If it delivers that URL elsewhere (a deep link), resolve with nothing, and call
   * `handleCallback(url)` when the URL comes.
   */
  open(url: string): Promise<string | undefined | void> | string | undefined | void;
}

/** The routes of the app's own backend: same-origin URLs. */
export interface BackendConfig {
  /**
   * GET: the whole login at the backend (RFC 10017 §6.1). `beginLogin()` goes there, and the code never comes to the page. With it,
   * the client uses neither `exchangeUrl` nor `beginUrl`. Give `sessionUrl`, too: nothing else tells the page who is signed in.
   * A login that failed comes back with `wicketgate_error` in the URL: `isCallback()` is true there, and `handleCallback()`
   * rejects. The page's policy must not let frames go to the server, nor the server offer this client other response modes than
   * `query`, `fragment` and `form_post`; else a script in the page could still read a code: SECURITY.md.
   */
  loginUrl?: string | URL;
  /**
   * Same-origin URL to which the client posts the hand-off as JSON, with credentials and the header
   * `X-Requested-With: wicketgate`. Required without `loginUrl`.
   */
  exchangeUrl?: string | URL;
  /** GET: answers with the session as JSON, or with 401 if there is none. */
  sessionUrl?: string | URL;
  /**
   * POST: begins a login. The backend makes verifier and nonce, keeps them in a cookie that no script can read, and answers with
   * what the authorization request needs of them. Then nobody can use a code whose login they did not begin. `wicketgate-backend`
   * requires it. It does not stop a script in the page that begins a login elsewhere; `loginUrl` does: SECURITY.md.
   */
  beginUrl?: string | URL;
  /** POST: ends the session. If the logout goes on at the server, it answers `{ "redirect": url }`, and the page goes there. */
  logoutUrl?: string | URL;
  /** Header fields of every request to the backend but the one for `loginUrl`. */
  headers?: Record<string, string>;
}

/** The members that a backend receives. A member without a value is left out, not null. */
export interface HandOff {
  code: string;
  state: string;
  code_verifier?: string;
  redirect_uri?: string;
  client_id: string;
  iss?: string;
  nonce?: string;
  /** The `maxAge` of the login, which the ID token's `auth_time` must satisfy. */
  max_age?: number;
  /** The claim request for `acr`, if `claims` made it essential. */
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
  /** The server's metadata; empty until a call has needed them or `load()` has resolved. */
  readonly metadata: Readonly<ServerMetadata>;
  /**
   * Loads the module and the server's metadata now. A page that calls `authorizationUrl()` awaits this first; every call that
   * returns a promise loads them by itself.
   * @throws WicketgateError `invalid_config`, `invalid_metadata`, `network_failed`, `timed_out`, `backend_failed`,
   *         `wasm_blocked`
   */
  load(): Promise<void>;

  /**
   * Builds the authorization request, stores its transaction in `sessionStorage`, and returns the URL. Synchronous, so that a
   * popup opened with it keeps the user's gesture. Does not navigate.
   * @throws WicketgateError `storage_unavailable`, `invalid_option`; `not_ready` before `load()` has resolved;
   *         `pushed_request_required` if the backend begins the login (`beginUrl`), or if the request must be pushed (`par`):
   *         `pushed()` has the URL
   */
  authorizationUrl(options?: LoginOptions): string;
  /**
   * Builds the request, has the backend begin it (`beginUrl`) or pushes it to the server (`par`), and returns the URL, which a
   * click may then open at once. If neither is needed, the result is that of `authorizationUrl()`.
   * @throws WicketgateError `backend_failed`, `token_request_failed` if the server refused a pushed request, and the errors of
   *         `load()` and `authorizationUrl()`
   */
  pushed(options?: LoginOptions): Promise<string>;
  /**
   * Builds the request as `pushed()` does, and navigates. Settles only with an error: `navigation_cancelled`
   * if the page stays (the user chose "Stay"; the server sent a download, or no page within twice `requestTimeout`), or if the
   * user came back to it.
   */
  beginLogin(options?: LoginOptions): Promise<void>;

  /**
   * The same in a popup; the page stays. Call it in the handler of a click, before anything is awaited. Only in the entry
   * `wicketgate/all`.
   *
   * The popup comes back to the redirect URI, where `handleCallback()` hands the response to this page and closes the window. The
   * windows need not know each other, so that it also works with `Cross-Origin-Opener-Policy: same-origin` at the server and in
   * the app. This page handles the response like every callback. A second call ends the first one: `aborted`.
   * @throws WicketgateError `popup_blocked`; `popup_closed` if the user closed the popup. With that policy, this page cannot see
   *         whether the popup is open: there, `signal` (`aborted`) or `transactionLifetime` (`transaction_expired`) ends the wait.
   *         The errors of `pushed()` and `handleCallback()`
   */
  loginWithPopup(options?: PopupOptions): Promise<LoginResult>;
  /**
   * A login without any page for the user, in a hidden frame: `prompt=none` (OpenID Connect Core §3.1.2.1). Only in the entry
   * `wicketgate/all`. It takes at most twice `requestTimeout`. Browsers send cookies in a frame only to a server of the same site;
   * neither the server nor the redirect URI may forbid frames.
   * @throws WicketgateError `authorization_failed` with `oauth.error`, such as `login_required`; `unsupported_environment` if the
   *         frame brings no response; the errors of `pushed()` and `handleCallback()`
   */
  loginSilently(options?: LoginOptions): Promise<LoginResult>;

  /**
   * The `state` of a logout at the server that this tab began, if the server has now sent the user back to this page. The
   * client has checked it and removed it from the page's URL. Otherwise undefined.
   */
  readonly logoutState?: string | undefined;

  /**
   * True if `url` (default: the page's) carries an authorization response for this client's redirect URI, or one that is being
   * handled. Before the module is loaded: true if `url` has a parameter with such a name.
   */
  isCallback(url?: string | URL): boolean;
  /**
   * Parses and validates the authorization response, then redeems the code in the page or hands it to the backend. Removes the
   * response from the page's URL first. A second call for the same URL returns the same promise.
   */
  handleCallback(url?: string | URL): Promise<LoginResult>;

  /** Snapshot; the same object until something changes. */
  session(): Session;
  /** Calls `listener` after every change of `session()`. Returns the function that unsubscribes. */
  subscribe(listener: (session: Session) => void): () => void;

  /**
   * A valid access token. If it has less than `minValidity` seconds left (default 30, at most half its lifetime; without a
   * refresh token 0) and the server gave a refresh token, the client renews it first. One refresh at a time in a page. With
   * `resource`, it is that API's own token from the same login (RFC 8707), which `wicketgate/all` has.
   * A token of the type DPoP is useless without a proof: send it by `fetch`.
   * @throws WicketgateError `no_session`: also if it has expired and cannot be renewed, and if a backend keeps it;
   *         `session_ended`
   */
  accessToken(options?: { resource?: string; minValidity?: number; forceRefresh?: boolean; signal?: AbortSignal }): Promise<string>;
  /**
   * `fetch` with the access token attached, for `allowedOrigins` only. After a 401, the client gets a newer token and sends the
   * request once more, if that can help and the body is not a stream. A token of the type DPoP goes with a proof; if the API
   * demands a nonce in it, the request goes out once more for that. Everything else is as in `fetch`.
   * @throws WicketgateError `origin_not_allowed`, before anything is sent; `invalid_option` for a request with an
   *         `Authorization` header of its own or the mode `no-cors`; the errors of `accessToken`. Also the errors of `fetch`
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /**
   * The step-up that an API demands before it accepts the token (RFC 9470), if `response` says so: options for `beginLogin`.
   * Undefined for everything but a 401 from one of `allowedOrigins`. The API must let the page read `WWW-Authenticate`
   * (`Access-Control-Expose-Headers`).
   */
  stepUp(response: Response): StepUp | undefined;
  /**
   * Claims of the UserInfo endpoint, as JSON or as a signed token; `sub` must equal the ID token's.
   * @throws WicketgateError `userinfo_invalid`, `no_session`, `invalid_metadata`, `aborted`, and what `accessToken` throws
   */
  userInfo(): Promise<Claims>;
  /**
   * Ends the session in this tab and in the tabs that share its store, and revokes its tokens if the server offers that
   * (RFC 7009).
   * @throws WicketgateError `token_request_failed`, `network_failed`, `timed_out`, `backend_failed`: the session has ended in the
   *         page nevertheless
   */
  revoke(): Promise<void>;
  /**
   * Ends the session in this tab, in the tabs that share its store, and at the backend. If the server has an end-session
   * endpoint, navigates there (RP-Initiated Logout 1.0); `redirect: false` stays in the page. `idTokenHint` (default true)
   * sends the ID token along. With a `postLogoutRedirectUri`, the client sends a `state`, random unless given, which
   * `createClient` checks when the user comes back. `logoutHint` is sent as `logout_hint`; `extraParams` come after those of
   * `logoutParams`, and win.
   * @throws WicketgateError `backend_failed`, `network_failed`, `timed_out`: the session has ended in the page nevertheless
   */
  logout(options?: {
    idTokenHint?: boolean; postLogoutRedirectUri?: string | URL; state?: string; redirect?: boolean;
    logoutHint?: string; extraParams?: Record<string, string>;
  }): Promise<void>;
}

/** The part of `LoginOptions` that an API can demand. */
export interface StepUp {
  acrValues?: string;
  maxAge?: number;
}

export interface LoginOptions {
  /**
   * The place to which the user goes after the login: a same-origin path. Anything else is refused. Default: the current path; on
   * the redirect URI itself, the place to which the login before was to lead, else `"/"`.
   */
  returnTo?: string;
  /** Any JSON value; `handleCallback` gives it back. */
  appState?: unknown;
  scope?: string;
  resource?: string | string[];
  prompt?: string;
  loginHint?: string;
  /**
   * The user must have logged in at most this many seconds ago (a whole number). The client checks the ID token's `auth_time`.
   */
  maxAge?: number;
  /**
   * Voluntary values, in order of preference. To demand a value, request it as essential by `claims` in `extraParams`; the
   * client then checks it.
   */
  acrValues?: string;
  uiLocales?: string;
  /**
   * Permissions that no scope can express (RFC 9396 §2): objects, each with a `type`. `wicketgate/all` has it, and
   * `wicketgate/handoff`.
   */
  authorizationDetails?: unknown[];
  /** Further request parameters. The client refuses a parameter that it sets itself. */
  extraParams?: Record<string, string>;
}

export interface PopupOptions extends LoginOptions {
  /** The features of `window.open`. Default: a window of 480 by 640 pixels, in the middle of the page's. */
  features?: string;
  /** Ends the wait, and closes the popup: `aborted`. */
  signal?: AbortSignal;
}

export interface LoginResult {
  returnTo: string;
  appState?: unknown;
  session: Session;
  /** The parsed JSON answer of the backend, in hand-off mode. */
  backend?: unknown;
}

export interface Session {
  /**
   * `stale`: signed in, but the last refresh could not reach the server, and the client tries again. `expired`: a user was
   * signed in, the access token has expired, and only a new login brings another one; the claims are kept, for a greeting. The
   * client calls listeners when this happens, also after the computer has slept. Guards treat `expired` as signed out.
   */
  readonly status: "signed-out" | "signed-in" | "stale" | "expired";
  /** Why the user is no longer signed in. Absent if nobody was. */
  readonly endedBy?: "logout" | "server" | "another-tab" | "another-login";
  /** Validated ID-token claims, or the claims in the backend's answer. */
  readonly claims?: Claims;
  readonly scope?: string;
  /** When the access token expires, in seconds since the Unix epoch. */
  readonly expiresAt?: number;
  /** When the session ends even if it is refreshed, in seconds since the Unix epoch, if the server or the backend says so. */
  readonly endsAt?: number;
  /**
   * When the session ends, in seconds since the Unix epoch, once that is at most `endWarning` seconds away: at `endsAt`, or
   * because nobody uses the session (`idleLimit`). It is gone again when the user does something in any tab.
   */
  readonly endingAt?: number;
  /** True if the session has ended because nobody used it for `idleLimit` seconds; `endedBy` is `"logout"` then. */
  readonly wasIdle?: true;
  /** How the access token is used: `DPoP` with a proof of this browser's key, which `fetch` and `userInfo` send. */
  readonly tokenType?: "Bearer" | "DPoP";
}

export interface Claims {
  sub?: string;
  [name: string]: unknown;
}

/** A real `Error`. Its texts are English, for developers, and free of secrets and of prose that a server sent. */
export interface WicketgateError extends Error {
  /** What happened, how to correct it, and the code in brackets: `summary`, `hint` and `code`. A console shows only this. */
  readonly message: string;
  /** What happened: one sentence, with the values of `found` and `expected`. */
  readonly summary: string;
  readonly name: "WicketgateError";
  readonly code: ErrorCode;
  /** How to correct it. */
  readonly hint: string;
  /** True if the same call may succeed later unchanged. */
  readonly retryable: boolean;
  /** The server's own words, length-capped and with control characters removed. Show it as text. */
  readonly oauth?: { error: string; error_description?: string; error_uri?: string };
  /** HTTP status, if there was an answer. */
  readonly status?: number;
  /** The ID-token claim or header that failed. */
  readonly claim?: string;
  /** The value that was found: an issuer, an origin, a path, or the name of a member. Never secret, at most 256 characters. */
  readonly found?: string;
  /** The value that was expected in its place. */
  readonly expected?: string;
  /** The place to which the user wanted to go, in errors of `handleCallback`. */
  readonly returnTo?: string;
  /** False if `oauth` comes from a response that could not be tied to a login of this tab: show it, believe nothing in it. */
  readonly verified?: boolean;
}

/** Closed; none equals a registered OAuth error value. */
export type ErrorCode =
  // the caller
  | "invalid_config" | "invalid_option" | "origin_not_allowed" | "no_session" | "pushed_request_required" | "not_ready"
  // the authorization response
  | "callback_malformed" | "transaction_not_found" | "transaction_expired" | "transaction_used"
  | "transaction_foreign" | "issuer_mismatch" | "authorization_failed"
  // the server
  | "invalid_metadata" | "token_request_failed" | "token_response_malformed" | "id_token_invalid"
  | "userinfo_invalid" | "session_ended" | "backend_failed"
  // the environment
  | "network_failed" | "timed_out" | "aborted" | "storage_unavailable" | "popup_blocked" | "popup_closed"
  | "navigation_cancelled" | "redirect_loop" | "wasm_blocked" | "unsupported_environment";

/** The exports of a `wicketgate` entry. */
export interface Wicketgate {
  /**
   * Creates a client. Importing the package has no side effect and is safe without a `window` (SSR).
   *
   * The client loads only what it needs. If the page has no authorization response, no kept session and no
   * `backend.sessionUrl`, nobody is signed in, and the client knows that without the module: the promise resolves, and the
   * module and the server's metadata load while the page is idle, or with the first call that needs them. Otherwise, the client
   * first does what the page needs. It does not wait for the network to be back: if the module's script or the backend cannot
   * be reached, the promise resolves, nobody is signed in yet, and the client tries again.
   * An unusable configuration rejects this call if the call needed the module. If not, it rejects `load()` and every call that
   * needs the module; if the idle load finds it first, the client also reports it as an uncaught error. It does not report a
   * network failure of the idle load: the next call tries again.
   * @throws WicketgateError `unsupported_environment`; if the call needed the module, also `invalid_config`,
   *         `invalid_metadata`, `wasm_blocked`, and `backend_failed` if the backend's answer is not a session
   */
  createClient(config: ClientConfig): Promise<Client>;
  /** One call for a login button: `(await createClient(config)).beginLogin(options)`. */
  beginLogin(config: ClientConfig, options?: LoginOptions): Promise<void>;
  /** One call for the redirect page: `(await createClient(config)).handleCallback()`. */
  handleCallback(config: ClientConfig, url?: string | URL): Promise<LoginResult>;
}
