// The API behind the backend: it answers to a live Bearer token and to nothing else.
import { readBody, record, sendJson, serve } from "./http.mjs";

const projects = [
  { id: 1, name: "Analytical engine", hours: 12.5 },
  { id: 2, name: "Notes on the engine", hours: 31 },
];

/** @param options.userOf whose access token it is, `undefined` when nobody's */
export async function startResource({ userOf }) {
  const requests = [];

  const server = await serve(async (request, response) => {
    const recorded = record(request, await readBody(request));
    requests.push(recorded);

    const accessToken = /^Bearer ([\w.~+/-]+=*)$/i.exec(recorded.headers.authorization ?? "")?.[1];
    if (!accessToken) return sendJson(response, 401, { error: "unauthorized" }, { "www-authenticate": "Bearer" });
    const user = userOf(accessToken);
    if (!user) {
      const challenge = { "www-authenticate": 'Bearer error="invalid_token"' };
      return sendJson(response, 401, { error: "invalid_token" }, challenge);
    }

    switch (`${recorded.method} ${recorded.path}`) {
      case "GET /api/v1/me":
        return sendJson(response, 200, { id: user.sub, name: user.name, email: user.email });
      case "GET /api/v1/projects":
        return sendJson(response, 200, { projects });
      case "POST /api/v1/echo":
        return sendJson(response, 200, { query: recorded.query, body: recorded.body });
      default:
        return sendJson(response, 404, { error: "not_found" });
    }
  });

  return Object.assign(server, { requests });
}
