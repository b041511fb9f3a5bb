// The common functions of all test servers: a free port, a request's body, forwarding to another server, and an orderly end.
import { createServer, request as startRequest } from "node:http";

/**
 * Serves `handle` on a free port of 127.0.0.1. `hostname` is only the host name in `origin`.
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export async function serve(handle, { hostname = "127.0.0.1", port = 0 } = {}) {
  const server = createServer(async (request, response) => {
    // A connection for each request. If a connection breaks that a browser reuses, the browser itself sends the request once
    // more, even a POST. The records would then contain requests that the page did not send.
    response.shouldKeepAlive = false;
    try {
      await handle(request, response);
    } catch (error) {
      // A test server that fails is a defect of the test: it must be visible here, and not as a page that hangs.
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    origin: `http://${hostname}:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * The parts of a request that a test may check, once its body is there. They are raw, so that order and repetition stay
 * visible.
 */
export function record(request, body) {
  const [path, query = ""] = request.url.split(/\?(.*)/s);
  return { method: request.method, path, query, headers: request.headers, body: body.toString() };
}

export function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  response.end(JSON.stringify(value));
}

/** Redirects the browser to `location` by GET, whatever the method of its request. */
export function sendTo(response, location) {
  response.writeHead(303, { location: String(location), "cache-control": "no-store" });
  response.end();
}

/**
 * Forwards a request to `origin`, and sends its answer back. Headers stay as they are, even `Host`, so that the server behind
 * takes itself for the one in front. `keepHeader` says which headers of the answer stay; `change`, a function of its text,
 * replaces the body.
 * @returns the answer: `{ status, headers, body }`
 */
export function forward(request, response, origin, body, { keepHeader = () => true, change } = {}) {
  return new Promise((resolve) => {
    const chunks = [];
    let headers;
    const onward = startRequest(new URL(request.url, origin), { method: request.method, headers: request.headers });
    onward.on("response", (answer) => {
      headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => keepHeader(name)));
      answer.on("data", (chunk) => chunks.push(chunk));
      if (!change) {
        response.writeHead(answer.statusCode, headers);
        answer.pipe(response);
        return;
      }
      answer.on("end", () => {
        const { "content-length": length, ...others } = headers;
        response.writeHead(answer.statusCode, others);
        response.end(change(Buffer.concat(chunks).toString()));
      });
    });
    onward.on("error", () => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 502, { error: "bad_gateway" });
    });
    response.on("close", () => {
      onward.destroy();
      resolve({ status: response.statusCode, headers, body: Buffer.concat(chunks).toString() });
    });
    onward.end(body);
  });
}
