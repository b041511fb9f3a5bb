// The app of every peer, at `/PEER/app`. Its script is compressed as a careful host would do it, beforehand.
import { serve } from "./https.mjs";

/**
 * @param options.bundles by peer's `id`: the result of `bundle.mjs`
 * @returns `url(peer)`, which is also the redirect URI; `isolated`, which gives pages a clock of 5 µs if it is true;
 *   `head`, further elements of the pages' heads
 */
export async function startPage({ certificate, bundles }) {
  const page = { isolated: false, head: undefined };
  const server = await serve(
    (request, response) => {
      const { pathname } = new URL(request.url, "https://page.invalid");
      const [, id, name] = /^\/([\w-]+)\/(.+)$/.exec(pathname) ?? [];
      const file = bundles[id]?.files[name];
      if (file) return sendFile(response, file);
      // The backend of a page that has one. Its request to the server is not measured.
      if (name === "exchange") return response.writeHead(200, { "content-type": "application/json" }).end('{"claims":{"sub":"ada"}}');
      if (!bundles[id] || name !== "app") return response.writeHead(404).end();
      response.writeHead(200, {
        "content-type": "text/html; charset=utf-8",
        ...(page.isolated && {
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-embedder-policy": "require-corp",
        }),
      });
      // Without the icon, the browser would request one.
      const head = `<meta charset="utf-8"><link rel="icon" href="data:,">${page.head ?? ""}`;
      response.end(`<!doctype html>${head}<body><script type="module" src="page.js"></script>`);
    },
    { certificate },
  );
  return Object.assign(page, server, { url: ({ id }) => `${server.origin}/${id}/app` });
}

function sendFile(response, { type, brotli }) {
  const headers = { "content-type": type, "content-encoding": "br", "content-length": brotli.length };
  response.writeHead(200, { ...headers, "cross-origin-resource-policy": "same-origin" });
  response.end(brotli);
}
