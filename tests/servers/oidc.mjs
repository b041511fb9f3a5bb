// A real OpenID provider (`oidc-provider`, a certified one) with one public client. In front of it stands a small
// proxy that keeps a record and can break the token endpoint; the issuer is the proxy's origin, so that the provider
// behind needs to know nothing of it.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import "./quiet-provider.mjs";
import { Provider } from "oidc-provider";
import { faults } from "./faults.mjs";
import { forward, readBody, record, serve } from "./http.mjs";
import { logoutPage, sendRefusal, sendSignInPage } from "./sign-in-page.mjs";
import { checkPassword, findUser } from "./users.mjs";

const describe = {
  openid: "Know who you are",
  profile: "See your name",
  email: "See your e-mail address",
  offline_access: "Keep all that while you are away",
};

/** What a login here is worth: somebody knew a password. */
export const ACR = "urn:example:password";

/**
 * @param options.redirectUris registered exactly; their origins are those that CORS lets in
 * @param options.postLogoutRedirectUris registered exactly; without them nobody can log out at this server
 * @param options.algorithm how the client's ID tokens are signed
 * @param options.clients further clients: by client identifier, what their metadata has different from the first one's
 * @param options.address the origin by which it is known, where one more server stands in front of it
 */
export async function startOidc({
  redirectUris,
  postLogoutRedirectUris,
  clientId = "wicketgate-demo",
  clientName = "The demo",
  algorithm = "ES256",
  clients = {},
  address,
}) {
  const oidc = {
    clientId,
    /** Every request, in order, as it came. */
    requests: [],
    /** Every answer, once it is through. */
    answers: [],
    /** What the token endpoint does instead of its work: a name in `faults.mjs`, one made there, or "no cors". */
    fault: undefined,
    /** Called with each request before the provider gets it, which waits for the promise: so a test can hold it back. */
    hold: undefined,
    /** By path, a function of an answer's text: what the page gets in its place. */
    changes: {},
    /** How long an access token lives that is given out from now on, in seconds. */
    lifetime: 3600,
    requestsTo: (path) => oidc.requests.filter((request) => request.path === path),
    tokenRequests: () => oidc.requests.filter(({ method, path }) => method === "POST" && path === "/token"),
  };

  let handleOidc;
  const behind = await serve((request, response) => handleOidc(request, response));
  const front = await serve(
    async (request, response) => {
      const body = await readBody(request);
      const recorded = record(request, body);
      oidc.requests.push(recorded);
      await oidc.hold?.(recorded);
      const fault = request.url === "/token" ? oidc.fault : undefined;
      const fails = faults[fault] ?? fault;
      if (typeof fails === "function") return fails(request, response);
      // Without CORS headers the code is redeemed all the same: only the page never gets to see it.
      const keepHeader = fault === "no cors" ? (name) => !name.startsWith("access-control-") : undefined;
      // What a browser asks first, whether it may, is answered as ever.
      const change = request.method === "OPTIONS" ? undefined : oidc.changes[request.url];
      const answer = await forward(request, response, behind.origin, body, { keepHeader, change });
      oidc.answers.push({ url: request.url, ...answer });
    },
    // A name of its own: in production the provider is another site than the page, and cookies notice.
    { hostname: "localhost" },
  );

  const first = {
    client_id: clientId,
    client_name: clientName,
    redirect_uris: redirectUris,
    ...(postLogoutRedirectUris && { post_logout_redirect_uris: postLogoutRedirectUris }),
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none", // a public client, and so PKCE is required of it
    id_token_signed_response_alg: algorithm,
  };
  const others = Object.entries(clients).map(([id, different]) => ({ ...first, client_id: id, ...different }));
  const issuer = address ?? front.origin;
  const provider = createProvider(issuer, [first, ...others], () => oidc.lifetime);
  // Which scheme and host a request came to, the one in front says.
  provider.proxy = address !== undefined;
  const callback = provider.callback();
  handleOidc = (request, response) =>
    request.url.startsWith("/interaction/") ? interact(provider, request, response) : callback(request, response);

  return Object.assign(oidc, {
    origin: front.origin,
    issuer,
    close: () => Promise.all([front.close(), behind.close()]),
  });
}

function createProvider(issuer, clients, lifetime) {
  const origins = clients.flatMap((client) => client.redirect_uris.map((uri) => new URL(uri).origin));
  const ask = (name) => clients.map((client) => client[name]).filter(Boolean);
  const algorithms = [...new Set([...ask("id_token_signed_response_alg"), ...ask("userinfo_signed_response_alg")])];
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys: keysFor(algorithms) },
    enabledJWA: { idTokenSigningAlgValues: algorithms, userinfoSigningAlgValues: algorithms },
    scopes: Object.keys(describe),
    claims: { openid: ["sub"], profile: ["name"], email: ["email"] },
    // A page that asks for a name wants to know it at once, without a second request.
    conformIdTokenClaims: false,
    acrValues: [ACR],
    clientBasedCORS: (context, origin) => origins.includes(origin),
    findAccount: (context, sub) => ({ accountId: sub, claims: () => claimsOf(sub) }),
    features: {
      claimsParameter: { enabled: true },
      devInteractions: { enabled: false },
      jwtUserinfo: { enabled: true },
      rpInitiatedLogout: { enabled: ask("post_logout_redirect_uris").length > 0, logoutSource, postLogoutSuccessSource },
    },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    ttl: {
      AccessToken: lifetime,
      AuthorizationCode: 60,
      Grant: 86400,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 86400,
      Session: 86400,
    },
    renderError: sendText(({ error, error_description: description }) => `${error}: ${description}`),
  });
  tieToAccessToken(provider.IdToken);
  return provider;
}

/**
 * An ID token from the token endpoint may say with which access token it came (OpenID Connect Core §3.1.3.6). This provider
 * could, and does not; most others do.
 */
function tieToAccessToken({ prototype }) {
  const { issue } = prototype;
  prototype.issue = function (options) {
    const { AccessToken: accessToken } = this.ctx.oidc.entities;
    if (options.use === "idtoken" && accessToken) this.set("at_hash", accessToken.jti);
    return issue.call(this, options);
  };
}

/** A new key of each kind that these algorithms sign with. One RSA key serves all that are RSA's, as servers have it. */
function keysFor(algorithms) {
  const kinds = { ES256: "P-256", ES384: "P-384", ES512: "P-521", EdDSA: "ed25519", Ed25519: "ed25519" };
  const generate = (kind) => {
    if (kind === "ed25519") return generateKeyPairSync(kind);
    if (kind === "rsa") return generateKeyPairSync(kind, { modulusLength: 2048 });
    return generateKeyPairSync("ec", { namedCurve: kind });
  };
  const needed = new Set(algorithms.map((algorithm) => kinds[algorithm] ?? "rsa"));
  return [...needed].map((kind) => ({ ...generate(kind).privateKey.export({ format: "jwk" }), use: "sig" }));
}

const postLogoutSuccessSource = sendText(() => "You are logged out.");

/** The provider's `form` says which session it is; the button is ours. */
function logoutSource(context, form) {
  const { post_logout_redirect_uri: returnTo } = context.oidc.params;
  const { headers, html } = logoutPage({ server: "OpenID provider", form, formTargets: returnTo ? [new URL(returnTo).origin] : [] });
  context.set(headers);
  context.body = html;
}

function sendText(text) {
  return (context, out) => {
    context.type = "text/plain";
    context.body = text(out);
  };
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
  // Only what is essential is among the details. To ask again for what nobody has here would never end.
  const { value, values = [value] } = prompt.details.acr ?? { value: ACR };
  if (!values.includes(ACR)) {
    return provider.interactionFinished(request, response, { error: "unmet_authentication_requirements" });
  }
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
    login: needsLogin ? { accountId, acr: ACR } : undefined,
    consent: { grantId: await grant.save() },
  });
}
