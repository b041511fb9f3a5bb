// The provider of most measurements: it keeps nobody waiting, counts, and tells one lie where it is told to. All that
// it does not lie about is correct. Keys and signatures are those of `tests/provider`.
import { createHash, randomBytes } from "node:crypto";
import { readBody } from "../../tests/servers/http.mjs";
import { base64url, keys, publicJwk, sign } from "../../tests/provider/jose.mjs";
import { lies } from "../lies.mjs";
import { serve } from "./https.mjs";

export const clientId = "bench";
const key = keys["rsa-1"];
const HOUR = 3600;

/**
 * @returns `issuer`; `metadata`; `lie`, the name of one of `lies.mjs` or `undefined`; `ahead`, by how many
 *   seconds its clock is; `refreshes`, how often somebody asked for a refresh, and `refused`, how often in vain
 */
export async function startProvider({ certificate }) {
  const provider = { lie: undefined, ahead: 0, refreshes: 0, refused: 0 };
  const codes = new Map();
  const refreshTokens = new Map();

  const server = await serve(
    async (request, response) => {
      const { pathname, searchParams } = new URL(request.url, "https://provider.invalid");
      const headers = cors(request);
      if (request.method === "OPTIONS") return response.writeHead(204, headers).end();
      if (endpoints[pathname] === authorize) return authorize(response, searchParams);
      const answer = await endpoints[pathname]?.(new URLSearchParams((await readBody(request)).toString()));
      if (!answer) return response.writeHead(404, headers).end();
      response.writeHead(answer.error ? 400 : 200, { ...headers, "content-type": "application/json", "cache-control": "no-store" });
      response.end(JSON.stringify(answer));
    },
    { certificate, hostname: "localhost" },
  );
  const issuer = server.origin;
  const metadata = metadataOf(issuer);
  // One library knows only its own server's paths, so there are those, too.
  const endpoints = {
    "/.well-known/openid-configuration": () => metadata,
    "/jwks": () => ({ keys: [publicJwk(key, "RS256")] }),
    "/authorize": authorize,
    "/token": token,
    "/oauth/token": token,
  };
  return Object.assign(provider, server, { issuer, metadata });

  function authorize(response, parameters) {
    const code = secret();
    codes.set(code, Object.fromEntries(parameters));
    const said = { code, state: parameters.get("state"), iss: issuer };
    const back = new URLSearchParams(lies[provider.lie]?.response?.(said) ?? said);
    const separator = parameters.get("response_mode") === "fragment" ? "#" : "?";
    response.writeHead(303, { location: `${parameters.get("redirect_uri")}${separator}${back}` }).end();
  }

  function token(parameters) {
    if (parameters.get("grant_type") === "refresh_token") {
      provider.refreshes += 1;
      const grant = take(refreshTokens, parameters.get("refresh_token"));
      if (!grant) provider.refused += 1;
      return grant ? issue({ ...grant, nonce: undefined }) : { error: "invalid_grant" };
    }
    const request = take(codes, parameters.get("code"));
    const challenge = createHash("sha256").update(parameters.get("code_verifier") ?? "").digest("base64url");
    return request?.code_challenge === challenge ? issue(request) : { error: "invalid_grant" };
  }

  function issue(grant) {
    const now = Math.floor(Date.now() / 1000) + provider.ahead;
    const common = { iss: issuer, sub: "ada", iat: now };
    // Each with a JWT's face, because one library reads all of them.
    const refreshToken = jwt({ ...common, jti: secret(), exp: now + 24 * HOUR });
    refreshTokens.set(refreshToken, grant);
    const claims = { ...common, aud: clientId, exp: now + HOUR, name: "Ada Lovelace", ...(grant.nonce && { nonce: grant.nonce }) };
    const lie = lies[provider.lie] ?? {};
    const answer = {
      access_token: jwt({ ...common, aud: "api", jti: secret(), exp: now + HOUR }),
      token_type: "Bearer",
      expires_in: HOUR,
      refresh_token: refreshToken,
      scope: grant.scope,
      id_token: (lie.token ?? jwt)(lie.claims?.(claims) ?? claims),
    };
    return lie.answer?.(answer) ?? answer;
  }
}

/** A token that is what it should be. */
export function jwt(claims) {
  const input = `${base64url(JSON.stringify({ alg: "RS256", kid: key.kid, typ: "JWT" }))}.${base64url(JSON.stringify(claims))}`;
  return `${input}.${base64url(sign(input, key, "RS256"))}`;
}

export function metadataOf(issuer) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    end_session_endpoint: `${issuer}/v2/logout`,
    scopes_supported: ["openid", "profile", "offline_access"],
    response_types_supported: ["code"],
    response_modes_supported: ["query", "fragment"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["none"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
  };
}

const secret = () => randomBytes(24).toString("base64url");

function take(map, name) {
  const value = map.get(name);
  map.delete(name);
  return value;
}

const cors = (request) => ({
  "access-control-allow-origin": request.headers.origin ?? "*",
  "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "content-type",
  "access-control-allow-methods": "GET, POST",
  // One library asks with cookies.
  "access-control-allow-credentials": "true",
  vary: "Origin",
});
