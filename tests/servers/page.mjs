// Serves a built single-page app as a careful production host does: strict policy, every path of the app answered
// with its one page, `/auth/*` and `/api/*` passed on to the backend so that all of it is one origin.
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

const careful = ({ scripts, styles, servers }) =>
  [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    "img-src 'self'",
    ["connect-src 'self'", ...servers].join(" "),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/**
 * Serves `directory`, and before it what is in `built`, by path. The answer has members to be set once the other servers run: `servers` (origins that the page may fetch from),
 * `backend` (the backend's origin), `config` (answered as `/config.json`), `scripts` and `styles` (as the options); `requests` to the backend and its `answers`; and `violations`, what browsers have sent to
 * `/violations`, for policies with `report-uri`.
 */
export async function startPage({
  directory,
  built = {},
  port,
  scripts = "'self' 'wasm-unsafe-eval'",
  styles = "'self'",
  policy = careful,
  // The callback's address carries a code: a careful host lets no referrer out (RFC 9700 §4.2).
  referrerPolicy = "no-referrer",
}) {
  const page = { servers: [], backend: undefined, config: undefined, scripts, styles, requests: [], answers: [], violations: [] };

  const server = await serve(
    async (request, response) => {
      const { pathname } = new URL(request.url, "http://page.invalid");
      if (/^\/(auth|api)\//.test(pathname)) return passOn(request, response);
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
