// The provider of most measurements, from `wicketgate/testing`: it answers at once, counts, and tells one lie on request.
// Everything else in its answers is correct.
import { randomBytes } from "node:crypto";
import { keys } from "../../tests/provider/jose.mjs";
import { ask, fakeProvider, send } from "../../tests/servers/testing.mjs";
import { jwt, lies } from "../lies.mjs";
import { serve } from "./https.mjs";

export const clientId = "bench";

/** The paths that one library cannot change. */
const paths = { "/oauth/token": "/token", "/v2/logout": "/logout" };

/**
 * @param options.redirectUris the registered redirect URIs
 * @returns `issuer`; `metadata`; `lie`, the name of one of `lies.mjs` or `undefined`; `ahead`, how many seconds its
 *   clock is ahead; `refreshes`, the number of refresh requests, and `refused`, the number of refused ones
 */
export async function startProvider({ certificate, redirectUris }) {
  let inner;
  const server = await serve(
    async (request, response) => {
      request.url = request.url.replace(/^[^?]*/, (path) => paths[path] ?? path);
      const answer = await ask(inner, server.origin, request);
      send(response, { ...answer, headers: { ...answer.headers, ...cors(request) } });
    },
    { certificate, hostname: "localhost" },
  );
  const issuer = server.origin;
  inner = await fakeProvider({ issuer, clientId, redirectUri: redirectUris, algorithm: "RS256", key: keys["rsa-1"], hooks: hooks(issuer) });

  let ahead = 0;
  const provider = {
    ...server,
    issuer,
    metadata: JSON.parse((await inner.respond({ method: "GET", url: `${issuer}/.well-known/openid-configuration`, headers: {}, body: "" })).body),
    lie: undefined,
    refreshes: 0,
    refused: 0,
    get ahead() {
      return ahead;
    },
    set ahead(seconds) {
      inner.advance(seconds - ahead);
      ahead = seconds;
    },
  };
  return provider;

  function hooks(iss) {
    const said = Object.values(lies).flatMap(Object.keys);
    // Each has the form of a JWT, because one library reads all of them.
    const token = (more, hours) => (_, { now }) => jwt({ iss, sub: "ada", ...more, jti: secret(), iat: now, exp: now + hours * 3600 });
    return {
      ...Object.fromEntries(said.map((hook) => [hook, (truth, context) => lies[provider?.lie]?.[hook]?.(truth, context) ?? truth])),
      accessToken: token({ aud: "api" }, 1),
      refreshToken: token({}, 24),
      answer(answer, { place }) {
        if (place === "refresh") {
          provider.refreshes += 1;
          if (answer.status !== 200) provider.refused += 1;
        }
        return answer;
      },
    };
  }
}

const secret = () => randomBytes(24).toString("base64url");

/** One library sends its requests with cookies, and some add headers of their own. */
const cors = ({ headers }) => ({
  ...(headers.origin && { "access-control-allow-origin": headers.origin, "access-control-allow-credentials": "true", vary: "Origin" }),
  ...(headers["access-control-request-headers"] && { "access-control-allow-headers": headers["access-control-request-headers"] }),
});
