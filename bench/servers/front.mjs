// A front of the real provider of the end-to-end tests: it speaks https, offers the paths that one library cannot change, and,
// for another library, gives access tokens in the form of a JWT.
import { request as startRequest } from "node:http";
import { readBody } from "../../tests/servers/http.mjs";
import { startOidc } from "../../tests/servers/oidc.mjs";
import { serve } from "./https.mjs";

const paths = { "/authorize": "/auth", "/oauth/token": "/token", "/v2/logout": "/session/end" };

/** The client whose access tokens have the form of a JWT. */
export const readableId = "bench-readable";

/** @param options the options of `startOidc` */
export async function startFront({ certificate, ...options }) {
  let oidc;
  const front = await serve((request, response) => pass(request, response, oidc.origin), { certificate, hostname: "localhost" });
  oidc = await startOidc({ ...options, algorithm: "RS256", address: front.origin });
  return { ...oidc, close: () => Promise.all([front.close(), oidc.close()]) };
}

async function pass(request, response, origin) {
  const body = await readBody(request);
  const url = request.url.replace(/^[^?]*/, (path) => paths[path] ?? path);
  const headers = { ...request.headers, "x-forwarded-proto": "https", "x-forwarded-host": request.headers.host };
  const answer = await new Promise((resolve, reject) => {
    startRequest(new URL(url, origin), { method: request.method, headers }, resolve).on("error", reject).end(body);
  });
  const content = await readBody(answer);
  const isReadable = url === "/token" && new URLSearchParams(body.toString()).get("client_id") === readableId;
  const sent = isReadable && answer.statusCode === 200 ? Buffer.from(wrapToken(content)) : content;
  // Keycloak's client sends its requests with cookies.
  const credentials = answer.headers["access-control-allow-origin"] && { "access-control-allow-credentials": "true" };
  response.writeHead(answer.statusCode, { ...answer.headers, ...credentials, connection: "keep-alive", "content-length": sent.length });
  response.end(sent);
}

function wrapToken(content) {
  const { access_token: token, ...answer } = JSON.parse(content);
  const iat = Math.floor(Date.now() / 1000);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const wrapped = `${encode({ alg: "none" })}.${encode({ jti: token, iat, exp: iat + answer.expires_in })}.${token}`;
  return JSON.stringify({ ...answer, access_token: wrapped });
}
