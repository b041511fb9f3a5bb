// An https server on a free port of loopback. Unlike the tests' servers, it keeps connections open, as real servers do.
import { createServer, request } from "node:https";

/** @param options.hostname the host name in `origin` */
export async function serve(handle, { certificate, hostname = "127.0.0.1" }) {
  const server = createServer({ key: certificate.key, cert: certificate.cert }, async (request, response) => {
    try {
      await handle(request, response);
    } catch (error) {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `https://${hostname}:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** Where the server sends a browser that asks for `url`. */
export const redirectOf = (url) =>
  new Promise((resolve, reject) => {
    const asked = request(url, { rejectUnauthorized: false }, (response) => {
      response.resume();
      const { location } = response.headers;
      if (location) resolve(location);
      else reject(new Error(`${url} was answered ${response.statusCode}`));
    });
    asked.on("error", reject).end();
  });
