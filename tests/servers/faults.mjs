// The failures of a token endpoint, as its client sees them. None of them sleeps: "slow" is an answer that never comes, so the
// client's own limit decides, and the connection ends with the client or with the server.

const answer = (status, type, text, headers = {}) => (request, response) => {
  const { origin } = request.headers;
  // The page must be able to read the failure; a failure without CORS headers is a fault of its own.
  const cors = origin ? { "access-control-allow-origin": origin, vary: "Origin" } : {};
  response.writeHead(status, { "content-type": type, "cache-control": "no-store", ...cors, ...headers });
  response.end(text);
};

export const faults = {
  down: (request) => request.socket.destroy(),
  slow: () => {},
  html: answer(200, "text/html", "<!doctype html><title>Maintenance</title><h1>Back soon</h1>"),
  "not json": answer(200, "application/json", '{"access_token": "cut off in the mid'),
  500: answer(500, "text/plain", "Internal Server Error"),
  "400 with OAuth error": answer(400, "application/json", '{"error":"invalid_grant","error_description":"no longer"}'),
};

/** A server that asks clients to wait: `retryAfter` is the field's value. `headers` are further ones. */
export const busy = (retryAfter, headers = { "access-control-expose-headers": "Retry-After" }) =>
  answer(429, "text/plain", "Too Many Requests", { "retry-after": retryAfter, ...headers });
