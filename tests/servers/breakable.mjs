// The provider of `wicketgate/testing` as a server of its own, which lies on request.
import { readBody, sendJson, serve } from "./http.mjs";
import { ask, fakeProvider, send } from "./testing.mjs";

/**
 * The result has `toldToLie`, a handler for a page: GET answers with the present failure as `{ name, at }`, POST sets another
 * one, or none.
 * @param options.redirectUris registered exactly
 * @param options.tokenLifetime the lifetime of an access token, in seconds
 */
export async function startBreakable({ redirectUris, tokenLifetime }) {
  let provider;
  let failure = {};
  const server = await serve(
    async (request, response) => send(response, await ask(provider, server.origin, request)),
    // A host name of its own: in production, the provider is another site than the page, which matters for cookies.
    { hostname: "localhost" },
  );
  provider = await fakeProvider({
    issuer: server.origin,
    clientId: "wicketgate-demo",
    redirectUri: redirectUris,
    lifetimes: { accessToken: tokenLifetime },
  });

  return Object.assign(server, { clientId: provider.clientId, toldToLie });

  async function toldToLie(request, response) {
    if (request.method === "POST") {
      const { name, at } = JSON.parse(await readBody(request));
      provider.recover();
      if (name) provider.fail(name, { at });
      failure = { name, at };
    }
    sendJson(response, 200, failure);
  }
}
