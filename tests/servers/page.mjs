// Serves a built single-page app like a careful production host: with a strict policy, the app's only page at every path, and
// `/auth/*` and `/api/*` forwarded to the backend, so that everything is one origin.
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { forward, readBody, record, sendJson, serve } from "./http.mjs";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

const careful = ({ scripts, styles, bases, servers }) =>
  [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    "img-src 'self'",
    ["connect-src 'self'", ...servers].join(" "),
    "form-action 'self'",
    `base-uri ${bases}`,
    "frame-ancestors 'none'",
  ].join("; ");

/**
 * Serves the files in `built`, by path, and otherwise those in `directory`; a function in `routes` answers for its path. Set
 * these members of the result once the other servers run: `servers` (origins that the page may fetch from), `backend` (the
 * backend's origin), `config` (the content of `/config.json`), `scripts` and `styles` (like the options). It records `requests`
 * to the backend and their `answers`, and `violations`, the reports that browsers have sent to `/violations` for policies with
 * `report-uri`.
 */
export async function startPage({
  directory,
  built = {},
  routes = {},
  port,
  scripts = "'self' 'wasm-unsafe-eval'",
  styles = "'self'",
  bases = "'none'",
  policy = careful,
  // The callback's URL carries a code: a careful host allows no referrer (RFC 9700 §4.2).
  referrerPolicy = "no-referrer",
  // Further header fields of every file, such as Cross-Origin-Opener-Policy. A test may change the object.
  headers = {},
}) {
  const page = { servers: [], backend: undefined, config: undefined, scripts, styles, bases, requests: [], answers: [], violations: [] };

  const server = await serve(
    async (request, response) => {
      const { pathname } = new URL(request.url, "http://page.invalid");
      if (/^\/(auth|api)\//.test(pathname)) return passOn(request, response);
      if (routes[pathname]) return routes[pathname](request, response);
      if (pathname === "/violations") {
        page.violations.push(JSON.parse(await readBody(request))["csp-report"]);
        return response.writeHead(204).end();
      }
      if (pathname === "/config.json") return sendJson(response, 200, page.config);

      const file = extname(pathname) ? pathname : "/index.html";
      const content = built[file] ?? (await readFile(join(directory, file)).catch(() => undefined));
      if (!content) return sendJson(response, 404, { error: "not_found" });
      response.writeHead(200, {
        "content-type": types[extname(file)] ?? "application/octet-stream",
        "content-security-policy": policy(page),
        "referrer-policy": referrerPolicy,
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
        ...headers,
      });
      response.end(content);
    },
    { port },
  );

  return Object.assign(page, server);

  async function passOn(request, response) {
    const body = await readBody(request);
    page.requests.push(record(request, body));
    if (!page.backend) return sendJson(response, 502, { error: "bad_gateway" });
    const answer = await forward(request, response, page.backend, body);
    page.answers.push({ url: request.url, ...answer });
  }
}
