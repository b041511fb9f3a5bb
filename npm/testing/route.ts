/** The pages of a browser under Playwright, by its routing. Types only: nothing of Playwright's is needed. */
import { html } from "./answers.js";
import type { ProviderRequest, ProviderResponse, Routable, Route } from "./types.js";

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
      // The page may have given up, or be gone.
      await send(route, answer, headers["origin"]).catch(() => {});
    },
  );
}

function send(route: Route, answer: ProviderResponse | undefined, origin: string | undefined): Promise<void> {
  if (!answer) return route.abort();
  const { status, headers, body } = answer;
  const { location } = headers;
  if (location !== undefined) return route.fulfill(leading(location));
  // Playwright lets every page read an answer that says nothing about it.
  const cors = origin !== undefined && !("access-control-allow-origin" in headers) && { "access-control-allow-origin": "null" };
  return route.fulfill({ status, headers: { ...headers, ...cors }, body });
}

/** A page that goes on by itself: not every browser takes a redirect from Playwright, nor lets it route what comes after one. */
function leading(location: string): ProviderResponse {
  const url = JSON.stringify(location).replaceAll("<", "\\u003c");
  return html(200, `<!doctype html><title>Log in</title><p>You agree, and go back.</p><script>location.replace(${url})</script>`);
}
