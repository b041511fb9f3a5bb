/** The authorization endpoint (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2), with a user who always agrees. */
import { page, parametersOf, redirect, unregistered } from "./answers.js";
import type { Grant } from "./grant.js";
import type { Refusal, Say } from "./hooks.js";
import type { Issuer } from "./issuer.js";
import type { ProviderResponse } from "./messages.js";

const refused = (error: string, error_description: string): Refusal => ({ error, error_description });

/** @param issueCode returns the code that stands for a grant */
export async function authorize(issuer: Issuer, query: string, issueCode: (grant: Grant) => string, say: Say): Promise<ProviderResponse> {
  const { clientId, redirectUris } = issuer;
  const parameters = parametersOf(query);
  const { client_id, redirect_uri, state, response_mode } = Object.fromEntries(new URLSearchParams(query));
  // While client or redirect URI are in doubt, the provider must not redirect (§4.1.2.1).
  if (client_id !== clientId) return page(400, unregistered("client_id", client_id, [clientId]));
  if (redirect_uri === undefined || !redirectUris.includes(redirect_uri)) {
    return page(400, unregistered("redirect_uri", redirect_uri, redirectUris));
  }
  if (parameters === "client_id" || parameters === "redirect_uri") return page(400, `The parameter ${parameters} is there twice.`);

  const isTwice = typeof parameters === "string";
  const answer = isTwice ? refused("invalid_request", `${parameters} is there twice`) : await agree(issuer, parameters, say);
  const given = "error" in answer ? { ...answer } : { code: issueCode(answer) };
  return redirect(redirect_uri, await say("authorizationResponse", { ...given, state, iss: issuer.issuer }), response_mode);
}

async function agree(issuer: Issuer, parameters: Record<string, string>, say: Say): Promise<Grant | Refusal> {
  const { user } = issuer;
  const { scope = "", nonce, code_challenge: challenge = "", redirect_uri: redirectUri = "" } = parameters;
  const prompts = (parameters["prompt"] ?? "").split(" ").filter(Boolean);
  const refusal = await say("refusal", invalid(parameters, prompts, user["acr"]));
  if (refusal) return refusal;

  const { max_age: maxAge } = parameters;
  const now = issuer.now();
  const isLoggedIn = issuer.login?.sub === user.sub && (maxAge === undefined || now - issuer.login.at <= Number(maxAge));
  if (prompts.includes("none") && !isLoggedIn) return refused("login_required", "Nobody is logged in.");
  if (!isLoggedIn || prompts.includes("login")) issuer.login = { sub: user.sub, at: now };
  const authTime = issuer.login?.at ?? now;
  return { user: { ...user }, scope: scope.split(" ").filter(Boolean), redirectUri, challenge, nonce, authTime, isRevoked: false };
}

/** The problem with the request. */
function invalid(parameters: Record<string, string>, prompts: readonly string[], acr: unknown): Refusal | undefined {
  const { max_age: maxAge, response_mode: mode, code_challenge: challenge } = parameters;
  if ("request" in parameters) return refused("request_not_supported", "request objects are not supported");
  if ("request_uri" in parameters) return refused("request_uri_not_supported", "request objects are not supported");
  if (parameters["response_type"] !== "code") return refused("unsupported_response_type", "response_type is not code");
  if (!["query", "fragment", undefined].includes(mode)) return refused("invalid_request", "response_mode is unknown");
  if (parameters["code_challenge_method"] !== "S256") return refused("invalid_request", "code_challenge_method is not S256");
  if (challenge === undefined || !/^[\w-]{43}$/.test(challenge)) return refused("invalid_request", "code_challenge is not a SHA-256 hash");
  if (prompts.includes("none") && prompts.length > 1) return refused("invalid_request", "prompt is none and something else");
  if (maxAge !== undefined && !/^\d+$/.test(maxAge)) return refused("invalid_request", "max_age is not a whole number");
  const acrs = essentialAcrs(parameters["claims"]);
  return acrs && !acrs.includes(acr) ? refused("unmet_authentication_requirements", "this acr cannot be had") : undefined;
}

/** The `acr` values of which the login must have one (OpenID Connect Core §5.5.1.1). */
function essentialAcrs(claims: string | undefined): unknown[] | undefined {
  try {
    const acr = JSON.parse(claims ?? "{}").id_token?.acr;
    return acr?.essential === true ? (acr.values ?? (acr.value === undefined ? undefined : [acr.value])) : undefined;
  } catch {
    return undefined;
  }
}
