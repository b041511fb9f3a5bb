// An API that accepts only requests with a valid Bearer token. Behind the backend, only the backend can reach it; a page of
// another origin can call it if CORS allows it.
import { readBody, record, sendJson, serve } from "./http.mjs";

const projects = [
  { id: 1, name: "Analytical engine", hours: 12.5 },
  { id: 2, name: "Notes on the engine", hours: 31 },
];

/**
 * @param options.userOf returns the user of an access token, `undefined` if it is invalid; may be a promise
 * @param options.pages the origins whose pages may call it, or `*`; they may read `WWW-Authenticate` too
 * @param options.port, options.hostname those of `serve`
 */
export async function startResource({ userOf, pages = [], ...address }) {
  const resource = {
    /** Every request except preflights, in order, as it was received. */
    requests: [],
    /** Called with the access token and its user. If it returns a `WWW-Authenticate` field, the request is refused with it. */
    challenge: undefined,
    /** Called with each request before the answer, which waits for the promise. */
    hold: undefined,
    /** Open answers of `/api/v1/stream`, which the test continues. */
    streams: [],
  };

  const server = await serve(async (request, response) => {
    allow(request, response);
    const recorded = record(request, await readBody(request));
    if (recorded.method === "OPTIONS") return response.writeHead(204).end();
    resource.requests.push(recorded);
    await resource.hold?.(recorded);
    // Redirects every request as its parameter says: with the same method and body.
    const to = new URLSearchParams(recorded.query).get("redirect");
    if (to) return response.writeHead(307, { location: to }).end();

    const accessToken = /^Bearer ([\w.~+/-]+=*)$/i.exec(recorded.headers.authorization ?? "")?.[1];
    if (!accessToken) return sendJson(response, 401, { error: "unauthorized" }, { "www-authenticate": "Bearer" });
    const user = await userOf(accessToken);
    const challenge = user ? resource.challenge?.(accessToken, user) : 'Bearer error="invalid_token"';
    if (challenge) return sendJson(response, 401, { error: "refused" }, { "www-authenticate": challenge });

    switch (`${recorded.method} ${recorded.path}`) {
      case "GET /api/v1/me":
        return sendJson(response, 200, { id: user.sub, name: user.name, email: user.email });
      case "GET /api/v1/projects":
        return sendJson(response, 200, { projects });
      case "POST /api/v1/echo":
        return sendJson(response, 200, { query: recorded.query, body: recorded.body });
      case "GET /api/v1/stream":
        response.writeHead(200, { "content-type": "text/plain" });
        response.write("begun, ");
        return void resource.streams.push(response);
      default:
        return sendJson(response, 404, { error: "not_found" });
    }
  }, address);

  return Object.assign(resource, server);

  function allow(request, response) {
    const allowed = pages.find((page) => page === "*" || page === request.headers.origin);
    if (!allowed) return;
    response.setHeader("access-control-allow-origin", allowed);
    response.setHeader("access-control-allow-headers", "authorization, content-type");
    response.setHeader("access-control-allow-methods", "GET, POST, PUT, DELETE");
    response.setHeader("access-control-expose-headers", "WWW-Authenticate");
    response.setHeader("vary", "Origin");
  }
}
