/**
 * Records the messages between the page and the servers: requests by `fetch`, and the URLs to which the page navigates and with
 * which it comes back. A message contains its secrets in full: only the result of `shown` may be kept or displayed.
 */

/** By endpoint, the purpose of a request to it; filled from the server's metadata. */
export const endpoints = {};

/**
 * Calls `begin` with each message that leaves the page, and the function that `begin` returns with the answer: undefined if
 * there was none. Messages without an answer to wait for have `got`, or nothing.
 */
export function record(begin) {
  const { fetch: send } = window;
  window.fetch = async (input, init) => {
    const message = messageOf(input, init);
    if (!message) return send(input, init);
    const end = begin(message);
    try {
      const response = await send(input, init);
      end({ status: response.status, got: await bodyOf(response) });
      return response;
    } catch (error) {
      // The caller does not want the answer any more.
      end(error.name === "AbortError" ? { status: "given up" } : undefined);
      throw error;
    }
  };

  // If a browser does not reveal it, the inspector does not show the message.
  window.navigation?.addEventListener("navigate", ({ destination }) => {
    const message = departure(new URL(destination.url));
    if (message) begin(message);
  });

  const { search, hash, pathname } = location;
  const parameters = new URLSearchParams(/[?&]state=/.test(search) ? search : hash.slice(1));
  const isResponse = parameters.has("state") && (parameters.has("code") || parameters.has("error"));
  if (isResponse) begin({ kind: "response", method: "GET", url: location.origin + pathname, sent: {}, got: Object.fromEntries(parameters) });
}

function messageOf(input, init) {
  const request = input instanceof Request ? input : undefined;
  const url = new URL(request?.url ?? input, location.href);
  const method = init?.method ?? request?.method ?? "GET";
  const headers = new Headers(init?.headers ?? request?.headers);
  const isOwn = url.origin === location.origin;
  // The page's own files.
  if (isOwn && !/^\/(auth|api)\//.test(url.pathname)) return undefined;
  const sent = { ...Object.fromEntries(url.searchParams), ...parsed(init?.body) };
  const message = { method, url: url.href, headers, credentials: init?.credentials ?? request?.credentials, sent };
  return { ...message, kind: kindOf(message, url, isOwn) };
}

function kindOf({ method, sent }, { origin, pathname }, isOwn) {
  if (isOwn) return method === "POST" && sent.code ? "handOff" : pathname.startsWith("/auth/") ? "backend" : "api";
  if (/\/\.well-known\/(openid-configuration|oauth-authorization-server)/.test(pathname)) return "metadata";
  if (sent.grant_type) return sent.grant_type === "refresh_token" ? "refresh" : "token";
  return endpoints[origin + pathname] ?? "api";
}

/** The message of a navigation: a login, or a logout at a server. */
function departure({ origin, pathname, searchParams: parameters }) {
  const sent = Object.fromEntries(parameters);
  const isLogin = "response_type" in sent || "request_uri" in sent;
  const place = endpoints[origin + pathname];
  const kind = isLogin ? "authorization" : place === "logout" ? place : origin === location.origin && pathname.startsWith("/auth/") && "backend";
  return kind && { kind, method: "GET", url: origin + pathname, sent, isEachOnce: [...parameters].length === Object.keys(sent).length };
}

/** The members of a body: JSON, or a form. Any other body has none. */
function parsed(body) {
  if (typeof body !== "string") return body instanceof URLSearchParams ? Object.fromEntries(body) : {};
  try {
    return JSON.parse(body);
  } catch {
    return Object.fromEntries(new URLSearchParams(body));
  }
}

/** The JSON of an answer, read from a copy of the answer. */
async function bodyOf(response) {
  if (!/\bjson\b/.test(response.headers.get("content-type") ?? "")) return undefined;
  return response.clone().json().catch(() => undefined);
}

const places = { jwks_uri: "keys", userinfo_endpoint: "userinfo", end_session_endpoint: "logout", revocation_endpoint: "revocation", pushed_authorization_request_endpoint: "pushed" };

/** Remembers the purposes of the requests to come. */
export function learn(metadata) {
  for (const [name, place] of Object.entries(places)) if (metadata?.[name]) endpoints[metadata[name]] = place;
}

/** Header and claims of a token, whether or not they are true. */
export function membersOf(token) {
  try {
    const [header, claims] = token.split(".").map((part) => atob(part.replaceAll("-", "+").replaceAll("_", "/")));
    const utf8 = (binary) => new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
    return { ...JSON.parse(utf8(header)), ...JSON.parse(utf8(claims)) };
  } catch {
    return undefined;
  }
}

// ── what may be displayed ──

/** The values that are not secret, by name. Of every other value, only the beginning is displayed. */
const open = new Set(
  `response_type response_mode client_id redirect_uri scope prompt code_challenge_method grant_type token_type expires_in resource
  iss sub aud azp exp iat nbf auth_time alg kid typ acr name email error error_description login_hint max_age ui_locales
  post_logout_redirect_uri issuer authorization_endpoint token_endpoint jwks_uri userinfo_endpoint keys
  authorization_response_iss_parameter_supported status endedBy expires claim found expected summary hint`.split(/\s+/),
);

const longest = 300;

/** A member in the form that may be kept and displayed: `[name, text, whether it is secret]`. */
export function shown([name, value]) {
  if (open.has(name)) return [name, cut(text(name, value)), false];
  if (value !== null && typeof value === "object") return [name, Array.isArray(value) ? `${value.length} in all` : "…", true];
  const secret = String(value);
  // Four characters distinguish two secrets, and are useless for a thief.
  return [name, secret.length < 20 ? "…" : `${secret.slice(0, 4)}… (${secret.length} characters)`, true];
}

function text(name, value) {
  if (["exp", "iat", "nbf", "auth_time"].includes(name) && Number.isFinite(value)) return timeOf(value);
  if (name === "keys" && Array.isArray(value)) return value.map((key) => [key?.alg ?? key?.kty, key?.kid].filter(Boolean).join(" ")).join(", ");
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
}

export const timeOf = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { timeStyle: "medium", hourCycle: "h23" });

const cut = (value) => (value.length > longest ? `${value.slice(0, longest)}…` : value);

/** The members of the metadata that matter here. */
export const told = ({ issuer, authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint, authorization_response_iss_parameter_supported }) =>
  JSON.parse(JSON.stringify({ issuer, authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint, authorization_response_iss_parameter_supported }));
