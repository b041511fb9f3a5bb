/**
 * The doctor at a terminal: it sends the requests of a page of `origin`, and decides itself whether that page could read the
 * answer.
 */
import type { ClientConfig, ServerMetadata } from "../types.js";
import { Findings, type Finding } from "./finding.js";
import type { Host, Outcome } from "./host.js";
import { examineServer, isOpenId } from "./server.js";

export function terminal(origin: string): Host {
  return {
    origin,
    async ask(url, { method = "GET", headers = {}, body } = {}) {
      try {
        const names = Object.keys(headers);
        if (names.length) {
          const asked = { origin, "access-control-request-method": method, "access-control-request-headers": names.join() };
          const preflight = await request(url, { method: "OPTIONS", headers: asked });
          const why = refusal(preflight, origin, names);
          if (why) return { kind: "unreadable", why: `the preflight's answer ${why}` };
        }
        const response = await request(url, { method, headers: { ...headers, origin }, ...(body && { body }) });
        if (response.status >= 300 && response.status < 400) return { kind: "redirected" };
        const why = refusal(response, origin);
        if (why) return { kind: "unreadable", why: `the answer (${response.status}) ${why}` };
        return await outcomeOf(response);
      } catch (error) {
        const { name, message, cause } = error as Error & { cause?: { code?: string } };
        return { kind: "unreachable", why: name === "TimeoutError" ? "no answer within 10 s" : (cause?.code ?? message) };
      }
    },
  };
}

const request = (url: string, init: RequestInit) => fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(10_000) });

async function outcomeOf(response: Response): Promise<Outcome> {
  const date = Date.parse(response.headers.get("date") ?? "");
  return {
    kind: "answer",
    status: response.status,
    type: response.headers.get("content-type") ?? "without a type",
    text: await response.text(),
    date: Number.isNaN(date) ? undefined : date,
  };
}

/** Why a page of `origin` may not read `response`, or, for a preflight's response, may not send these headers. */
function refusal({ headers, status, ok }: Response, origin: string, names: string[] = []): string | undefined {
  const allowed = headers.get("access-control-allow-origin");
  if (allowed === null) return "has no Access-Control-Allow-Origin";
  if (allowed !== "*" && allowed !== origin) return `allows the origin ${allowed}`;
  if (!names.length) return undefined;
  if (!ok) return `is ${status}`;
  const list = (headers.get("access-control-allow-headers") ?? "").toLowerCase().split(/\s*,\s*/);
  // The wildcard does not include this header (Fetch standard, CORS-preflight fetch).
  const missing = names.filter((name) => !list.includes(name) && (name === "authorization" || !list.includes("*")));
  return missing.length ? `does not allow the header ${missing.join(", ")}` : undefined;
}

export interface Diagnosis {
  findings: Finding[];
  /** The Content-Security-Policy that a page needs to log in at this server. */
  policy: string;
  /** The settings to register at the server. */
  registration: [string, string][];
}

export async function diagnose(config: ClientConfig, origin: string, apis: string[] = []): Promise<Diagnosis> {
  const findings = new Findings();
  const metadata = await examineServer(config, terminal(origin), findings);
  await examineRegistration(config, metadata, findings);
  return { findings: findings.all, policy: policyFor(config, metadata, apis), registration: registrationFor(config, origin) };
}

/** Requests a login without a user: a server that knows client and redirect URI sends its refusal there. */
async function examineRegistration(config: ClientConfig, { authorization_endpoint: endpoint }: ServerMetadata, findings: Findings): Promise<void> {
  const { clientId, redirectUri, scope } = config;
  if (!clientId || redirectUri === undefined || !endpoint || !URL.canParse(endpoint)) return;
  const checked = "client and redirect URI";
  const expected = `an answer sent to ${redirectUri}`;
  const url = new URL(endpoint);
  const parameters = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: String(redirectUri),
    state: "wicketgate-doctor",
    prompt: "none",
    // The challenge of a verifier that nobody has.
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
    ...(scope && { scope }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const response = await request(url.href, {}).catch((error: Error) => error);
  if (response instanceof Error) return findings.bad(checked, response.message, expected, "Check the network.");
  const location = response.headers.get("location");
  if (location !== null && URL.canParse(location, url.href)) {
    const to = new URL(location, url.href);
    const error = to.searchParams.get("error");
    if (to.href.startsWith(String(redirectUri))) {
      const isUsual = error === null || /^(login_required|interaction_required|consent_required|account_selection_required)$/.test(error);
      return findings.judge(isUsual, checked, error ?? "an answer", "login_required, as nobody is logged in here", `The server refuses this client's request: ${error}. Compare scope and grants of the registration.`);
    }
    return findings.unknown(checked, `a redirect to ${to.origin}${to.pathname}`, expected, "The server shows a page of its own: open the login and look.");
  }
  if (response.status >= 400) {
    findings.bad(checked, `${response.status}, and no redirect`, expected, "Register the client identifier and the redirect URI, spelled exactly so.");
  } else findings.unknown(checked, `${response.status}, a page`, expected, "The server shows a page of its own: open the login and look.");
}

function policyFor({ backend, issuer }: ClientConfig, metadata: ServerMetadata, apis: string[]): string {
  const { token_endpoint, jwks_uri, userinfo_endpoint, revocation_endpoint } = metadata;
  const urls = backend ? [] : [issuer, token_endpoint, jwks_uri, userinfo_endpoint, revocation_endpoint, ...apis];
  const origins = new Set(urls.filter((url): url is string => typeof url === "string" && URL.canParse(url)).map((url) => new URL(url).origin));
  return `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src ${["'self'", ...origins].join(" ")}; base-uri 'none'; frame-ancestors 'none'`;
}

function registrationFor(config: ClientConfig, origin: string): [string, string][] {
  return [
    ["type", config.backend ? "confidential (the backend keeps the secret)" : "public, single-page app: no secret"],
    ["grants", "authorization code with PKCE, and refresh token if sessions are to last"],
    ["redirect URI", String(config.redirectUri ?? `${origin}/callback`)],
    ["after a logout", String(config.postLogoutRedirectUri ?? `${origin}/`)],
    ["origin (CORS)", origin],
    ["scope", config.scope ?? "openid profile"],
    ...(isOpenId(config) ? [["ID tokens", "signed with RS, PS or ES (256 to 512), or EdDSA; not encrypted"] as [string, string]] : []),
  ];
}
