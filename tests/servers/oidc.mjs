// A real OpenID provider (`oidc-provider`, a certified one) with one public client. In front of it stands a small
// proxy that keeps a record and can break the token endpoint; the issuer is the proxy's origin, so that the provider
// behind needs to know nothing of it.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import "./quiet-provider.mjs";
import { Provider } from "oidc-provider";
import { faults } from "./faults.mjs";
import { forward, readBody, record, serve } from "./http.mjs";
import { sendRefusal, sendSignInPage } from "./sign-in-page.mjs";
import { checkPassword, findUser } from "./users.mjs";

const describe = { openid: "Know who you are", profile: "See your name", email: "See your e-mail address" };

/** @param options.redirectUris registered exactly; their origins are those that CORS lets in */
export async function startOidc({ redirectUris, clientId = "wicketgate-demo", clientName = "The demo" }) {
  const oidc = {
    clientId,
    /** Every request, in order, as it came. */
    requests: [],
    /** Every answer, once it is through. */
    answers: [],
    /** What the token endpoint does instead of its work: a name in `faults.mjs`, or "no cors". */
    fault: undefined,
    tokenRequests: () => oidc.requests.filter(({ method, path }) => method === "POST" && path === "/token"),
  };

  let handleOidc;
  const behind = await serve((request, response) => handleOidc(request, response));
  const front = await serve(
    async (request, response) => {
      const body = await readBody(request);
      oidc.requests.push(record(request, body));
      const fault = request.url === "/token" ? oidc.fault : undefined;
      if (faults[fault]) return faults[fault](request, response);
      // Without CORS headers the code is redeemed all the same: only the page never gets to see it.
      const keepHeader = fault === "no cors" ? (name) => !name.startsWith("access-control-") : undefined;
      const answer = await forward(request, response, behind.origin, body, keepHeader);
      oidc.answers.push({ url: request.url, ...answer });
    },
    // A name of its own: in production the provider is another site than the page, and cookies notice.
    { hostname: "localhost" },
  );

  const provider = createProvider(front.origin, { clientId, clientName, redirectUris });
  const callback = provider.callback();
  handleOidc = (request, response) =>
    request.url.startsWith("/interaction/") ? interact(provider, request, response) : callback(request, response);

  return Object.assign(oidc, {
    origin: front.origin,
    issuer: front.origin,
    close: () => Promise.all([front.close(), behind.close()]),
  });
}

function createProvider(issuer, { clientId, clientName, redirectUris }) {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const origins = redirectUris.map((uri) => new URL(uri).origin);
  return new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_name: clientName,
        redirect_uris: redirectUris,
        token_endpoint_auth_method: "none", // a public client, and so PKCE is required of it
        id_token_signed_response_alg: "ES256",
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" }] },
    scopes: ["openid", "profile", "email"],
    claims: { openid: ["sub"], profile: ["name"], email: ["email"] },
    clientBasedCORS: (context, origin) => origins.includes(origin),
    findAccount: (context, sub) => ({ accountId: sub, claims: () => claimsOf(sub) }),
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 86400, IdToken: 3600, Interaction: 3600, Session: 86400 },
    renderError(context, { error, error_description: description }) {
      context.type = "text/plain";
      context.body = `${error}: ${description}`;
    },
  });
}

function claimsOf(sub) {
  const { name, email } = findUser(sub);
  return { sub, name, email };
}

/** Login and consent on one page, since the provider asks for both at once. */
async function interact(provider, request, response) {
  const interaction = await provider.interactionDetails(request, response).catch(() => undefined);
  // Who comes here with the back button after the login.
  if (!interaction) return sendRefusal(response, "This sign-in is over.");
  const { uid, prompt, params, session, returnTo } = interaction;
  const needsLogin = prompt.name === "login";
  const scopes = (params.scope ?? "").split(" ").filter((scope) => scope in describe);
  const show = (again) =>
    sendSignInPage(response, {
      server: "OpenID provider",
      client: "The demo",
      action: `/interaction/${uid}`,
      asks: scopes.map((scope) => describe[scope]),
      needsLogin,
      username: params.login_hint,
      // The answer goes to the provider's own address first, and from there to the client.
      formTargets: [new URL(params.redirect_uri).origin, new URL(returnTo).origin],
      ...again,
    });
  if (request.method !== "POST") return show();

  const form = new URLSearchParams((await readBody(request)).toString());
  if (form.get("choice") !== "allow") {
    return provider.interactionFinished(request, response, {
      error: "access_denied",
      error_description: "The user said no.",
    });
  }
  const username = form.get("username") ?? "";
  const accountId = needsLogin ? checkPassword(username, form.get("password"))?.sub : session.accountId;
  if (!accountId) return show({ username, failure: "User name or password is wrong." });

  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(scopes.join(" "));
  await provider.interactionFinished(request, response, {
    login: { accountId },
    consent: { grantId: await grant.save() },
  });
}
