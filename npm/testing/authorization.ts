/** The authorization endpoint (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2), with a person who always agrees. */
import { page, parametersOf, redirect, unregistered } from "./answers.js";
import type { FailureName } from "./failures.js";
import { random } from "./keys.js";
import type { Server } from "./server.js";
import type { ProviderResponse, User } from "./types.js";

/** What a person has agreed to: everything that is given out later refers to it, and ends with it. */
export interface Grant {
  readonly user: User;
  readonly scope: readonly string[];
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | undefined;
  readonly authTime: number;
  isRevoked: boolean;
}

/** An error that the client is told of (RFC 6749 §4.1.2.1). */
interface Refusal {
  error: string;
  error_description: string;
}

const refused = (error: string, error_description: string): Refusal => ({ error, error_description });

const failed: Partial<Record<FailureName, Refusal>> = {
  denied: refused("access_denied", "The user said no."),
  "login required": refused("login_required", "Nobody is logged in."),
  "consent required": refused("consent_required", "The user has not agreed yet."),
  "server error": refused("server_error", "Something broke."),
};

export function authorize(server: Server, query: string, failure: FailureName | undefined): ProviderResponse {
  const { issuer, clientId, redirectUris } = server;
  const parameters = parametersOf(query);
  const { client_id, redirect_uri, state, response_mode } = Object.fromEntries(new URLSearchParams(query));
  // While client or redirect URI are in doubt, nothing may lead away from here (§4.1.2.1).
  if (client_id !== clientId) return page(400, unregistered("client_id", client_id, [clientId]));
  if (redirect_uri === undefined || !redirectUris.includes(redirect_uri)) {
    return page(400, unregistered("redirect_uri", redirect_uri, redirectUris));
  }
  if (parameters === "client_id" || parameters === "redirect_uri") return page(400, `The parameter ${parameters} is there twice.`);

  const isTwice = typeof parameters === "string";
  const answer = isTwice ? refused("invalid_request", `${parameters} is there twice`) : agree(server, parameters, failure);
  const response = {
    ...("error" in answer ? { ...answer } : { code: server.tokens.code(answer) }),
    state: failure === "unknown state" ? random() : state,
    iss: failure === "no iss" ? undefined : failure === "iss mix-up" ? "https://another-server.test" : issuer,
  };
  return redirect(redirect_uri, response, response_mode);
}

function agree(server: Server, parameters: Record<string, string>, failure: FailureName | undefined): Grant | Refusal {
  const { user } = server;
  const { scope = "", prompt = "", max_age: maxAge, nonce, response_mode: mode, code_challenge: challenge } = parameters;
  const prompts = prompt.split(" ").filter(Boolean);
  if ("request" in parameters) return refused("request_not_supported", "request objects are not supported");
  if ("request_uri" in parameters) return refused("request_uri_not_supported", "request objects are not supported");
  if (parameters["response_type"] !== "code") return refused("unsupported_response_type", "response_type is not code");
  if (!["query", "fragment", undefined].includes(mode)) return refused("invalid_request", "response_mode is unknown");
  if (parameters["code_challenge_method"] !== "S256") return refused("invalid_request", "code_challenge_method is not S256");
  if (challenge === undefined || !/^[\w-]{43}$/.test(challenge)) return refused("invalid_request", "code_challenge is no SHA-256 hash");
  if (prompts.includes("none") && prompts.length > 1) return refused("invalid_request", "prompt is none and something else");
  if (maxAge !== undefined && !/^\d+$/.test(maxAge)) return refused("invalid_request", "max_age is not a whole number");
  const refusal = failure && failed[failure];
  if (refusal) return refusal;
  const acrs = essentialAcrs(parameters["claims"]);
  if (acrs && !acrs.includes(user["acr"])) return refused("unmet_authentication_requirements", "this acr cannot be had");

  const now = server.now();
  const isLoggedIn = server.login?.sub === user.sub && (maxAge === undefined || now - server.login.at <= Number(maxAge));
  if (prompts.includes("none") && !isLoggedIn) return refused("login_required", "Nobody is logged in.");
  if (!isLoggedIn || prompts.includes("login")) server.login = { sub: user.sub, at: now };
  return {
    user: { ...user },
    scope: scope.split(" ").filter(Boolean),
    redirectUri: parameters["redirect_uri"] ?? "",
    challenge,
    nonce,
    authTime: server.login?.at ?? now,
    isRevoked: false,
  };
}

/** Of which `acr` one must be had (OpenID Connect Core §5.5.1.1). */
function essentialAcrs(claims: string | undefined): unknown[] | undefined {
  try {
    const acr = JSON.parse(claims ?? "{}").id_token?.acr;
    return acr?.essential === true ? (acr.values ?? (acr.value === undefined ? undefined : [acr.value])) : undefined;
  } catch {
    return undefined;
  }
}
