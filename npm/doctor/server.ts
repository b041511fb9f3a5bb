/** The checks of an authorization server from outside, by requests that change nothing there. */
import type { ClientConfig, ServerMetadata } from "../types.js";
import { Findings } from "./finding.js";
import { inWords, type Host, type Outcome } from "./host.js";

const OURS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const NOTHING = "wicketgate-doctor";

/** Checks the server of `config`, and returns the metadata that it found. */
export async function examineServer(config: ClientConfig, host: Host, findings: Findings): Promise<ServerMetadata> {
  const discovered = config.issuer === undefined ? {} : await examineMetadata(config.issuer, host, findings);
  if (!discovered) return config.metadata ?? {};
  const metadata: ServerMetadata = { ...discovered, ...config.metadata };
  examineEndpoints(config, metadata, host, findings);
  examineFlow(config, metadata, findings);
  for (const name of ENDPOINTS) if (!mayAsk(metadata[name], config, host)) delete metadata[name];
  if (!config.backend) {
    await examineKeys(config, metadata, host, findings);
    await examineToken(config, metadata, host, findings);
    await examineProofs(config, metadata, host, findings);
    await examineUserInfo(metadata, host, findings);
    await examineRevocation(config, metadata, host, findings);
  }
  examineRefresh(config, metadata, findings);
  if (metadata.end_session_endpoint) findings.good("logout at the server", metadata.end_session_endpoint);
  else findings.unknown("logout at the server", "no end_session_endpoint", "an end-session endpoint", "Without one, logout() ends the app's session only.");
  return metadata;
}

const ENDPOINTS = ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"] as const;

/**
 * Whether the doctor may send a request to this endpoint. Metadata of a server somewhere else must not make it ask this machine:
 * what answers there is not meant for the server's operator.
 */
function mayAsk(url: unknown, { issuer }: ClientConfig, { origin }: Host): boolean {
  if (typeof url !== "string" || !URL.canParse(url) || !isSafe(url)) return false;
  const isHere = (url: string | undefined): boolean => url !== undefined && URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);
  return !isHere(url) || isHere(issuer ?? origin);
}

/** The strings of a member that is a list; nothing if it is another value. */
const listIn = (metadata: ServerMetadata, name: string): string[] | undefined => {
  const value = metadata[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
};

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export const isSafe = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
};

async function examineMetadata(issuer: string, host: Host, findings: Findings): Promise<ServerMetadata | undefined> {
  if (!URL.canParse(issuer)) {
    findings.bad("issuer", issuer, "an https URL", "Write the issuer as the server's documents have it.");
    return undefined;
  }
  const { origin, pathname, search, hash } = new URL(issuer);
  findings.judge(isSafe(issuer) && !search && !hash, "issuer", issuer, "https, or http on loopback, without query and fragment", "Correct `issuer`.");
  const base = issuer.replace(/\/$/, "");
  const places = [`${base}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${pathname === "/" ? "" : pathname.replace(/\/$/, "")}`];
  let outcome: Outcome | undefined;
  let place = "";
  let metadata: ServerMetadata | undefined;
  for (place of places) {
    outcome = await host.ask(place);
    metadata = outcome.kind === "answer" && outcome.status === 200 ? objectIn(outcome.text) : undefined;
    // If the server's answers cannot be read here, they cannot be read at the other URL either.
    if (metadata || outcome.kind !== "answer") break;
  }
  const checked = "metadata";
  const expected = "a JSON object that a page may read";
  if (!metadata) {
    if (outcome!.kind === "answer") {
      const { status, type } = outcome as Outcome & { kind: "answer" };
      findings.bad(checked, `${status} ${type} at ${place}`, expected, "Check the spelling of `issuer`, or give `metadata` by hand.");
    } else {
      const { found, change } = inWords(outcome as never, host.origin, place);
      findings.bad(checked, `${found} (${place})`, expected, change);
    }
    return undefined;
  }
  findings.good(checked, place, expected);
  const { issuer: named } = metadata;
  const isTemplate = typeof named === "string" && named.includes("{tenantid}");
  findings.judge(named === issuer || isTemplate, "issuer in the metadata", String(named), isTemplate ? String(named) : issuer, `Set \`issuer\` to "${named}", if that is your server.`);
  const { date } = outcome as Outcome & { kind: "answer" };
  if (date !== undefined) examineClock(date, "the server", findings);
  return metadata;
}

export function examineClock(theirs: number, whose: string, findings: Findings): void {
  const seconds = Math.round((theirs - Date.now()) / 1000);
  const found = Math.abs(seconds) < 2 ? `the same as that of ${whose}` : `${whose} is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead" : "behind"}`;
  findings.judge(Math.abs(seconds) <= 60, "clock", found, "a difference of at most 60 s", "Set the clock of this device or of the server; `clockTolerance` bridges a minute or two.");
}

function examineEndpoints(config: ClientConfig, metadata: ServerMetadata, host: Host, findings: Findings): void {
  const { backend } = config;
  for (const name of ["authorization_endpoint", ...(backend ? [] : ["token_endpoint"])] as const) {
    const url = metadata[name];
    const isUrl = typeof url === "string" && URL.canParse(url);
    findings.judge(isUrl && mayAsk(url, config, host) && !url.includes("#"), name, String(url ?? "none"), "https, or http on loopback, without a fragment", "Correct the server's metadata, or give it in `metadata`.");
  }
}

function examineFlow(config: ClientConfig, metadata: ServerMetadata, findings: Findings): void {
  const list = (name: string): string[] | undefined => listIn(metadata, name);
  const types = list("response_types_supported");
  if (types) findings.judge(types.includes("code"), "authorization code flow", `response types: ${types.join(", ")}`, "code", "Allow the authorization code flow at the server.");

  const challenges = list("code_challenge_methods_supported");
  const pkce = "PKCE with S256";
  if (config.pkce === "off") findings.unknown(pkce, '`pkce: "off"`', "S256", "Leave `pkce` out, unless the server refuses the parameters.");
  else if (challenges) findings.judge(challenges.includes("S256"), pkce, challenges.join(", "), "S256", "Ask the server's operator for PKCE.");
  else findings.unknown(pkce, "the metadata do not say", "S256", "Most servers take it without saying so. If the login fails, look here.");

  if (metadata.authorization_response_iss_parameter_supported) findings.good("iss in the answer (RFC 9207)", "sent");
  else findings.unknown("iss in the answer (RFC 9207)", "not announced", "sent", "With several servers in one page, give each a redirect URI of its own.");

  const methods = list("token_endpoint_auth_methods_supported");
  if (!config.backend && methods) {
    const isPublic = methods.includes("none");
    const found = methods.join(", ");
    if (isPublic) findings.good("public clients", found, "none");
    else findings.unknown("public clients", found, "none", "If the server wants a secret from every client, use a backend. Many servers do not list `none` and mean it.");
  }

  if (metadata.require_pushed_authorization_requests) {
    findings.unknown("pushed authorization requests", "required", "not required, or `wicketgate/all`", "Use the entry `wicketgate/all`, or let the server take plain requests of this client.");
  }

  const scopes = list("scopes_supported");
  const wanted = (config.scope ?? "").split(" ").filter(Boolean);
  if (scopes && wanted.length) {
    const missing = wanted.filter((scope) => !scopes.includes(scope));
    if (missing.length) findings.unknown("scopes", `not announced: ${missing.join(", ")}`, wanted.join(" "), "Servers need not list all scopes. If the login fails with invalid_scope, take these out.");
    else findings.good("scopes", wanted.join(" "));
  }
}

async function examineKeys(config: ClientConfig, metadata: ServerMetadata, host: Host, findings: Findings): Promise<void> {
  if (!isOpenId(config)) return;
  const algorithms = listIn(metadata, "id_token_signing_alg_values_supported") ?? [];
  const common = algorithms.filter((algorithm) => OURS.includes(algorithm));
  findings.judge(common.length > 0, "signatures of ID tokens", algorithms.join(", ") || "none announced", "at least one of RS, PS, ES with 256 to 512, EdDSA", "Choose one of these for the client at the server.");
  const { jwks_uri: url } = metadata;
  if (!url) return findings.bad("keys", "no usable jwks_uri", "a jwks_uri that is https", "Correct the server's metadata, or give it in `metadata`.");
  const outcome = await host.ask(url);
  if (outcome.kind !== "answer") {
    const { found, change } = inWords(outcome, host.origin, url);
    return findings.bad("keys", found, "keys that a page may read", change);
  }
  const keys = objectIn(outcome.text)?.keys;
  const count = Array.isArray(keys) ? keys.length : 0;
  findings.judge(count > 0, "keys", count ? `${count}` : `${outcome.status} ${outcome.type}`, "at least one key", "The server publishes no keys at its jwks_uri.");
}

async function examineToken(config: ClientConfig, metadata: ServerMetadata, host: Host, findings: Findings): Promise<void> {
  const { token_endpoint: url } = metadata;
  if (!url || !URL.canParse(url)) return;
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code: NOTHING,
    client_id: config.clientId || NOTHING,
    code_verifier: NOTHING.repeat(3),
    ...(config.redirectUri !== undefined && { redirect_uri: String(config.redirectUri) }),
  });
  const outcome = await host.ask(url, { method: "POST", body });
  const checked = "token endpoint";
  const expected = "an OAuth error that a page may read, for a code that does not exist";
  if (outcome.kind !== "answer") {
    const { found, change } = inWords(outcome, host.origin, url);
    return findings.bad(checked, found, expected, change);
  }
  const error = objectIn(outcome.text)?.error;
  const found = typeof error === "string" ? `${outcome.status} ${error}` : `${outcome.status} ${outcome.type}`;
  if (error === "invalid_client" || error === "unauthorized_client") {
    const change = "The server does not know the client, or wants a secret: compare `clientId`, register a public client, or use a backend.";
    if (config.clientId) findings.bad(checked, found, expected, change);
    else findings.unknown(checked, found, expected, "Give the client identifier to know more.");
  } else if (typeof error === "string") findings.good(checked, found, expected);
  else findings.bad(checked, found, expected, "This is not an OAuth 2.0 token endpoint, or something in front of it answers.");
}

/** A server that announces proofs must also let a page send them: `wicketgate/all` does so wherever they are announced. */
async function examineProofs({ dpop, clientId }: ClientConfig, metadata: ServerMetadata, host: Host, findings: Findings): Promise<void> {
  const { token_endpoint: url } = metadata;
  const algorithms = listIn(metadata, "dpop_signing_alg_values_supported");
  const isDemanded = dpop === "always";
  if (dpop === "never" || !(algorithms || isDemanded) || !url || !URL.canParse(url)) return;
  const checked = "proofs of a key (DPoP)";
  const report = (found: string, expected: string, change: string): void => findings[isDemanded ? "bad" : "unknown"](checked, found, expected, change);
  if (!algorithms?.includes("ES256")) {
    return report(algorithms?.join(", ") || "not announced", "ES256", 'The client makes proofs with ES256 only. Leave out `dpop: "always"`, or allow ES256 at the server.');
  }
  const body = new URLSearchParams({ grant_type: "authorization_code", code: NOTHING, client_id: clientId || NOTHING });
  const outcome = await host.ask(url, { method: "POST", headers: { dpop: NOTHING }, body });
  const expected = "ES256, and a token endpoint to which a page may send the header DPoP";
  if (outcome.kind === "answer") return findings.good(checked, "ES256", expected);
  const { found } = inWords(outcome, host.origin, url);
  report(found, expected, 'Logins of `wicketgate/all` fail. At the server, allow the request header DPoP (CORS), and expose DPoP-Nonce; or set `dpop: "never"`.');
}

async function examineUserInfo({ userinfo_endpoint: url }: ServerMetadata, host: Host, findings: Findings): Promise<void> {
  if (!url || !URL.canParse(url)) return;
  const outcome = await host.ask(url, { headers: { authorization: `Bearer ${NOTHING}` } });
  const expected = "a refusal that a page may read";
  if (outcome.kind === "answer") return findings.good("UserInfo endpoint", String(outcome.status), expected);
  const { found, change } = inWords(outcome, host.origin, url);
  // The ID token contains claims, too.
  findings.unknown("UserInfo endpoint", found, expected, `userInfo() fails. ${change}`);
}

async function examineRevocation(config: ClientConfig, { revocation_endpoint: url }: ServerMetadata, host: Host, findings: Findings): Promise<void> {
  if (!url || !URL.canParse(url)) return;
  const outcome = await host.ask(url, { method: "POST", body: new URLSearchParams({ token: NOTHING, client_id: config.clientId || NOTHING }) });
  const expected = "an answer that a page may read";
  if (outcome.kind === "answer") return findings.good("revocation endpoint", String(outcome.status), expected);
  const { found, change } = inWords(outcome, host.origin, url);
  findings.unknown("revocation endpoint", found, expected, `revoke() fails. ${change}`);
}

function examineRefresh(config: ClientConfig, metadata: ServerMetadata, findings: Findings): void {
  const grants = listIn(metadata, "grant_types_supported");
  const wants = (config.scope ?? "").split(" ").includes("offline_access");
  const scopes = listIn(metadata, "scopes_supported");
  const checked = "refresh tokens";
  if (grants && !grants.includes("refresh_token")) {
    findings.unknown(checked, `grants: ${grants.join(", ")}`, "refresh_token", "A session ends with its access token. Switch refresh tokens on at the server.");
  } else if (!wants && scopes?.includes("offline_access")) {
    findings.unknown(checked, "the scope lacks offline_access", "offline_access", "Add offline_access to `scope` if sessions are to outlive the access token.");
  } else findings.good(checked, wants ? "asked for" : "no scope of their own is needed, as far as the metadata say");
}

export const isOpenId = ({ scope }: ClientConfig): boolean => (scope ?? "").split(" ").includes("openid");

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
