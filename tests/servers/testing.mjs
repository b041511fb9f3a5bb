// `wicketgate/testing`, built from its source, so that no test of a server needs the built package; and its provider on a
// network.
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";
import { readBody } from "./http.mjs";

const script = await bundle(fileURLToPath(new URL("../../npm/testing.ts", import.meta.url)));
export const { fakeProvider } = await import(`data:text/javascript;base64,${Buffer.from(script).toString("base64")}`);

/** The answer of `provider` to a request to a server at `origin`; `undefined` if the connection is to be lost. */
export async function ask(provider, origin, request) {
  const { method, url, headers } = request;
  return provider.respond({ method, url: origin + url, headers, body: (await readBody(request)).toString() });
}

export function send(response, answer) {
  if (!answer) return void response.destroy();
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}
