/**
 * Attaches the provider to the pages of a browser under Playwright, by its routing. It uses types only: it imports nothing of
 * Playwright.
 */
import { html } from "./answers.js";
import type { ProviderRequest, ProviderResponse } from "./messages.js";
import type { Routable, Route } from "./types.js";

export async function route(
  target: Routable,
  origin: string,
  respond: (request: ProviderRequest) => Promise<ProviderResponse | undefined>,
): Promise<void> {
  await target.route(
    (url) => url.origin === origin,
    async (route) => {
      const request = route.request();
      const headers = request.headers();
      const answer = await respond({ method: request.method(), url: request.url(), headers, body: request.postData() ?? "" });
      // The page may have aborted the request, or be closed.
      await send(route, answer, headers["origin"]).catch(() => {});
    },
  );
}

function send(route: Route, answer: ProviderResponse | undefined, origin: string | undefined): Promise<void> {
  if (!answer) return route.abort();
  const { status, headers, body } = answer;
  const { location } = headers;
  if (location !== undefined) return route.fulfill(leading(location));
  // Playwright lets every page read an answer without CORS headers.
  const cors = origin !== undefined && !("access-control-allow-origin" in headers) && { "access-control-allow-origin": "null" };
  return route.fulfill({ status, headers: { ...headers, ...cors }, body });
}

/**
 * A page that navigates by itself: some browsers accept no redirect from Playwright, or do not let it route the request after a
 * redirect.
 */
function leading(location: string): ProviderResponse {
  const url = JSON.stringify(location).replaceAll("<", "\\u003c");
  return html(200, `<!doctype html><title>Log in</title><p>You agree, and go back.</p><script>location.replace(${url})</script>`);
}
