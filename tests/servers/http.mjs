// What every test server shares: a free port, a body, a way on to another server, an end that ends.
import { createServer, request as startRequest } from "node:http";

/**
 * Serves `handle` on a free port of 127.0.0.1. `hostname` is only the name that goes into `origin`.
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export async function serve(handle, { hostname = "127.0.0.1", port = 0 } = {}) {
  const server = createServer(async (request, response) => {
    // A connection for each request. When one that a browser uses again breaks, the browser sends the request once
    // more by itself, POST or not; what the records show would then not be the page's doing.
    response.shouldKeepAlive = false;
    try {
      await handle(request, response);
    } catch (error) {
      // A test server that fails is a defect of the test: loud here, and never a hanging page there.
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

/** What a test may want to know of a request, once its body is there. Raw, so that order and repetition stay visible. */
export function record(request, body) {
  const [path, query = ""] = request.url.split(/\?(.*)/s);
  return { method: request.method, path, query, headers: request.headers, body: body.toString() };
}

export function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  response.end(JSON.stringify(value));
}

/** Sends the browser on, by GET whatever it came with. */
export function sendTo(response, location) {
  response.writeHead(303, { location: String(location), "cache-control": "no-store" });
  response.end();
}

/**
 * Passes a request on to `origin` and its answer back, headers as they are: `Host` too, so that the server behind
 * takes itself for the one in front. `keepHeader` says which of the answer's headers stay; with `change`, a function of its text,
 * another body goes back.
 * @returns what came: `{ status, headers, body }`
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
