// A real OpenID provider (`oidc-provider`, a certified one) with one public client. In front of it stands a small proxy that
// keeps records and can break the token endpoint. The issuer is the proxy's origin, so the provider behind needs no changes.
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

/** The authentication context class of every login here: by password. */
export const ACR = "urn:example:password";

/**
 * @param options.redirectUris registered exactly; CORS allows their origins
 * @param options.postLogoutRedirectUris registered exactly; without them, no user can log out at this server
 * @param options.algorithm the algorithm that signs the client's ID tokens
 * @param options.clients further clients: by client identifier, the metadata that differ from the first client's
 * @param options.features further features of the provider, such as DPoP or FAPI 2.0
 * @param options.origins further origins of pages that may send requests, such as a browser extension's
 * @param options.address the public origin, if another server stands in front of this one
 */
export async function startOidc({
  redirectUris,
  postLogoutRedirectUris,
  clientId = "wicketgate-demo",
  clientName = "The demo",
  algorithm = "ES256",
  clients = {},
  features = {},
  origins = [],
  address,
}) {
  const oidc = {
    clientId,
    /** Every request, in order, as it was received. */
    requests: [],
    /** Every answer, once it has been sent. */
    answers: [],
    /** The fault of the token endpoint: a name in `faults.mjs`, a fault made there, or "no cors". */
    fault: undefined,
    /** Called with each request before the provider gets it. The provider waits for the promise, so a test can hold the request. */
    hold: undefined,
    /** By path, a function of an answer's text: its result replaces the text. */
    changes: {},
    /** Further header fields of every answer, such as Cross-Origin-Opener-Policy. */
    headers: {},
    /** The lifetime, in seconds, of access tokens that are issued from now on. */
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
      for (const [name, value] of Object.entries(oidc.headers)) response.setHeader(name, value);
      if (typeof fails === "function") return fails(request, response);
      // Without CORS headers, the code is redeemed nevertheless: only the page does not see the answer.
      const keepHeader = fault === "no cors" ? (name) => !name.startsWith("access-control-") : undefined;
      // A preflight is answered as usual.
      const change = request.method === "OPTIONS" ? undefined : oidc.changes[request.url];
      const answer = await forward(request, response, behind.origin, body, { keepHeader, change });
      oidc.answers.push({ url: request.url, ...answer });
    },
    // A host name of its own: in production, the provider is another site than the page, which matters for cookies.
    { hostname: "localhost" },
  );

  const first = {
    client_id: clientId,
    client_name: clientName,
    redirect_uris: redirectUris,
    ...(postLogoutRedirectUris && { post_logout_redirect_uris: postLogoutRedirectUris }),
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none", // a public client, so the provider demands PKCE
    id_token_signed_response_alg: algorithm,
  };
  const others = Object.entries(clients).map(([id, different]) => ({ ...first, client_id: id, ...different }));
  const issuer = address ?? front.origin;
  const provider = createProvider(issuer, [first, ...others], () => oidc.lifetime, features, origins);
  // The server in front sets the headers with the scheme and host of the request.
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

function createProvider(issuer, clients, lifetime, features, further) {
  const origins = [...further, ...clients.flatMap((client) => client.redirect_uris.map((uri) => new URL(uri).origin))];
  const ask = (name) => clients.map((client) => client[name]).filter(Boolean);
  const algorithms = [...new Set([...ask("id_token_signed_response_alg"), ...ask("userinfo_signed_response_alg")])];
  const assertionAlgorithms = ask("token_endpoint_auth_signing_alg");
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys: keysFor(algorithms) },
    enabledJWA: {
      idTokenSigningAlgValues: algorithms,
      userinfoSigningAlgValues: algorithms,
      ...(assertionAlgorithms.length && { clientAuthSigningAlgValues: assertionAlgorithms }),
    },
    scopes: Object.keys(describe),
    claims: { openid: ["sub"], profile: ["name"], email: ["email"] },
    // A page that asks for a name wants it in the ID token, without a second request.
    conformIdTokenClaims: false,
    acrValues: [ACR],
    clientBasedCORS: (context, origin) => origins.includes(origin),
    findAccount: (context, sub) => ({ accountId: sub, claims: () => claimsOf(sub) }),
    features: {
      claimsParameter: { enabled: true },
      devInteractions: { enabled: false },
      jwtUserinfo: { enabled: true },
      // A server that advertises it gets proofs by default. A test that wants them switches it on.
      dPoP: { enabled: false },
      rpInitiatedLogout: { enabled: ask("post_logout_redirect_uris").length > 0, logoutSource, postLogoutSuccessSource },
      ...features,
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
 * Adds `at_hash` to ID tokens from the token endpoint (OpenID Connect Core §3.1.3.6). It is optional there. This provider does
 * not send it; most others do.
 */
function tieToAccessToken({ prototype }) {
  const { issue } = prototype;
  prototype.issue = function (options) {
    const { AccessToken: accessToken } = this.ctx.oidc.entities;
    if (options.use === "idtoken" && accessToken) this.set("at_hash", accessToken.jti);
    return issue.call(this, options);
  };
}

/** A new key for each type of key that these algorithms use. One RSA key serves all RSA algorithms, as on real servers. */
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

/** The provider's `form` identifies the session; the button is ours. */
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

/** Login and consent on one page, because the provider asks for both at once. */
async function interact(provider, request, response) {
  const interaction = await provider.interactionDetails(request, response).catch(() => undefined);
  // A user who comes back here with the back button after the login.
  if (!interaction) return sendRefusal(response, "This sign-in is over.");
  const { uid, prompt, params, session, returnTo } = interaction;
  const needsLogin = prompt.name === "login";
  const scopes = (params.scope ?? "").split(" ").filter((scope) => scope in describe);
  // The details contain only essential values. If no user here has such a value, asking again would never end.
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
      // The answer goes to the provider's own URL first, and from there to the client.
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
  // Every API that the client asks for, with every scope that it asks for.
  for (const resource of [params.resource ?? []].flat()) grant.addResourceScope(resource, params.scope);
  await provider.interactionFinished(request, response, {
    login: needsLogin ? { accountId, acr: ACR } : undefined,
    consent: { grantId: await grant.save() },
  });
}
