// An https server on a free port of loopback. Unlike those of the tests it keeps connections open, as real ones do.
import { createServer } from "node:https";

/** @param options.hostname the name that goes into `origin` */
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
