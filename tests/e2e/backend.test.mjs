// Logins that begin at the real backend: the whole of them there, or a hand-off that it has begun. And what a script of the page
// can carry away of either.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { startBackend } from "../servers/backend.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { needs } from "./browser.mjs";
import { startStage } from "./stage.mjs";
import { parameter } from "./tab.mjs";

const stage = await startStage();
const { page, worksmart, redirectUri } = stage;

const clientId = "confidential";
const clientSecret = randomBytes(32).toString("base64url");
const redirectUris = [redirectUri, `${page.origin}/auth/callback`];
const oidc = await startOidc({
  redirectUris,
  postLogoutRedirectUris: [`${page.origin}/`],
  clients: { [clientId]: { client_secret: clientSecret, token_endpoint_auth_method: "client_secret_post" } },
});
const forOpenid = await startBackend({
  publicOrigin: page.origin,
  clientId,
  clientSecret,
  tokenEndpoint: `${oidc.issuer}/token`,
  apiOrigin: stage.resource.origin,
  environment: {
    WICKETGATE_ISSUER: oidc.issuer,
    WICKETGATE_SCOPE: "openid profile email",
    WICKETGATE_POST_LOGOUT_REDIRECT_URI: `${page.origin}/`,
  },
});
after(() => Promise.all([stage.close(), oidc.close(), forOpenid.close()]));

const urls = { sessionUrl: "/auth/session", logoutUrl: "/auth/logout" };
const whole = { loginUrl: "/auth/login", ...urls };
const bound = { exchangeUrl: "/auth/exchange", beginUrl: "/auth/begin", ...urls };
const atWorksmart = (backend) => ({ worksmart: { clientId: worksmart.clientId, baseUrl: worksmart.origin, redirectUri, backend } });

const servers = {
  WorkSmart: {
    backend: stage.backend,
    tokenRequests: () => worksmart.tokenRequests(),
    authorization: () => worksmart.requests.find(({ path }) => path === "/api/v1/oauth2/authorize"),
    whole: (more) => ({ ...atWorksmart(whole), ...more }),
    bound: (more) => ({ ...atWorksmart(bound), ...more }),
    error: { error: "access_denied" },
  },
  "OpenID with a secret": {
    backend: forOpenid,
    tokenRequests: () => oidc.tokenRequests(),
    authorization: () => oidc.requests.find(({ path }) => path === "/auth"),
    whole: (more) => ({ clientId, backend: whole, ...more }),
    bound: (more) => ({ clientId, issuer: oidc.issuer, redirectUri, scope: "openid profile email", backend: bound, ...more }),
    error: { error: "access_denied", error_description: "The user said no." },
    claims: "ada",
  },
};

async function open(t, server) {
  const tab = await stage.open(t);
  oidc.requests.length = 0;
  page.backend = server.backend.origin;
  page.servers = [oidc.origin];
  await tab.visit("/");
  return tab;
}

const asked = (path) => page.requests.filter((request) => request.path === path);
const whoIsIn = async (tab, config) => {
  const { status, claims } = await tab.session(config);
  return [status, claims?.sub];
};

for (const [name, server] of Object.entries(servers)) {
  test(`${name}, login at the backend: signed in where the user wanted to be, and no code came to the page`, async (t) => {
    const tab = await open(t, server);
    const config = server.whole();
    await tab.begin(config, { returnTo: "/orders?open#top" });
    assert.equal(await tab.answer(), `${page.origin}/orders?open#top`);
    assert.deepEqual(await whoIsIn(tab, config), ["signed-in", server.claims]);
    assert.equal(await tab.isCallback(config), false);
    assert.equal(parameter(`x:?${server.authorization().query}`, "redirect_uri"), `${page.origin}/auth/callback`);

    const code = parameter(`x:?${asked("/auth/callback")[0].query}`, "code");
    assert(code.length > 20);
    assert(!(await tab.readable()).includes(code));
    assert(!(await tab.evaluate(() => JSON.stringify(performance.getEntries()))).includes(code));
    if (!needs("history").skip) assert(!(await tab.history()).some((url) => url.includes(code)));
    assert.deepEqual([...asked("/auth/begin"), ...asked("/auth/exchange")], []);
    assert.equal(server.tokenRequests().length, 1);

    await tab.visit("/");
    assert.deepEqual(await whoIsIn(tab, config), ["signed-in", server.claims], "after a reload, too");
  });

  test(`${name}, login at the backend: a refusal comes back as an error, with where the user wanted to be`, async (t) => {
    const tab = await open(t, server);
    const config = server.whole();
    await tab.begin(config, { returnTo: "/orders?open#top" });
    assert.match(await tab.answer("Deny"), /[?&]wicketgate_error=access_denied/);
    assert.equal(await tab.isCallback(config), true);
    const { code, oauth, verified, returnTo } = await tab.handle(config).catch((error) => error);
    assert.deepEqual({ code, oauth, verified, returnTo }, { code: "authorization_failed", oauth: server.error, verified: false, returnTo: "/orders?open#top" });
    assert.equal(tab.url, `${page.origin}/orders?open#top`);
    assert.deepEqual(await whoIsIn(tab, config), ["signed-out", undefined]);
  });

  test(`${name}, hand-off that the backend began: the page has no verifier and no nonce, and is signed in`, async (t) => {
    const tab = await open(t, server);
    const config = server.bound();
    const { returnTo, session } = await tab.logIn(config, { returnTo: "/orders" });
    assert.deepEqual([returnTo, session.status, session.claims?.sub], ["/orders", "signed-in", server.claims]);
    const sent = new URLSearchParams(server.authorization().query);
    assert.equal(sent.has("code_challenge"), name !== "WorkSmart");
    assert.equal(sent.has("nonce"), name !== "WorkSmart");
    const [begin] = asked("/auth/begin");
    assert(!begin.body.includes(sent.get("state")));
    assert.deepEqual(Object.keys(JSON.parse(asked("/auth/exchange")[0].body)).sort(), [
      "client_id", "code", ...(name === "WorkSmart" ? [] : ["iss"]), "redirect_uri", "state",
    ]);
    await tab.visit("/");
    assert.deepEqual(await whoIsIn(tab, config), ["signed-in", server.claims]);
  });

  test(`${name}, hand-off that the backend began: a code that leaks is worth nothing in another browser`, async (t) => {
    const config = server.bound();
    const tab = await open(t, server);
    await tab.comeBack(config);
    const [code, state] = ["code", "state"].map((name) => parameter(tab.url, name));
    const thief = await stage.browser.newContext();
    t.after(() => thief.close());
    const elsewhere = await thief.newPage();
    await elsewhere.goto(page.origin);
    const handOff = { code, state, client_id: server.whole().clientId ?? worksmart.clientId, redirect_uri: redirectUri };
    const refused = await elsewhere.evaluate(exchange, handOff);
    assert.deepEqual([refused.status, refused.body.error], [400, "invalid_request"]);
    assert.equal(server.tokenRequests().length, 0, "the code is not spent");
    assert.equal((await tab.handle(config)).session.status, "signed-in", "and its owner can use it");
  });
}

/** In the page: hands `handOff` over as the package does, and more: with whatever a thief would add. */
const exchange = async (handOff) => {
  const response = await fetch("/auth/exchange", {
    method: "POST",
    headers: { "content-type": "application/json", "x-requested-with": "wicketgate" },
    body: JSON.stringify({ ...handOff, code_verifier: "x".repeat(43), nonce: "n" }),
  });
  return { status: response.status, body: await response.json() };
};

const openid = servers["OpenID with a secret"];

test("OpenID, login at the backend: prompt=none without a session at the server is login_required", async (t) => {
  const tab = await open(t, openid);
  void tab.evaluate((config) => app.begin(config, { prompt: "none", returnTo: "/there" }), openid.whole()).catch(() => {});
  await tab.page.waitForURL(/wicketgate_error/);
  await tab.ready();
  await assert.rejects(tab.handle(openid.whole()), { code: "authorization_failed", returnTo: "/there" });
});

test("OpenID, login at the backend: the logout goes on at the server, and comes back", async (t) => {
  const tab = await open(t, openid);
  await tab.begin(openid.whole(), { returnTo: "/" });
  await tab.answer();
  assert.equal(await tab.logOut(openid.whole()), `${page.origin}/`);
  assert(new URLSearchParams(oidc.requests.find(({ path }) => path === "/session/end").query).has("id_token_hint"));
  assert.deepEqual(await whoIsIn(tab, openid.whole()), ["signed-out", undefined]);
});

for (const way of ["whole", "bound"]) {
  test(`OpenID, ${way}: a session that was begun for one user of the app is none for another`, async (t) => {
    const tab = await open(t, openid);
    const config = openid[way];
    await tab.begin(config({ sessionBinding: "ada" }));
    await tab.answer();
    if (way === "bound") await tab.handle(config({ sessionBinding: "ada" }));
    assert.equal((await tab.session(config({ sessionBinding: "ada" }))).status, "signed-in");
    for (const other of [{ sessionBinding: "bob" }, {}]) assert.equal((await tab.session(config(other))).status, "signed-out");
  });
}

test("OpenID, hand-off: pushed() has the URL for a click, and authorizationUrl() says so", async (t) => {
  const tab = await open(t, openid);
  await assert.rejects(
    tab.run((config) => app.outcome(async () => (await app.ready(config)).authorizationUrl()), openid.bound()),
    { code: "pushed_request_required" },
  );
  const url = await tab.run((config) => app.outcome(async () => (await app.client(config)).pushed()), openid.bound());
  await tab.page.goto(url);
  await tab.answer();
  assert.equal((await tab.handle(openid.bound())).session.status, "signed-in");
});

/**
 * In the page, as a script that somebody smuggled in: opens `url` in a popup and in a frame, and watches both for as long as it
 * takes them to come back. Gives every address that it could read.
 */
const watch = async (url) => {
  const frame = document.createElement("iframe");
  const popup = open("about:blank");
  const seen = new Set();
  const look = (window) => {
    try {
      const { location, performance, history, document } = window;
      seen.add(location.href);
      for (const { name } of performance.getEntries()) seen.add(name);
      seen.add(JSON.stringify(history.state));
      seen.add(document.referrer);
      return location.href !== "about:blank" && document.readyState === "complete";
    } catch {
      return false;
    }
  };
  document.body.append(frame);
  popup.location = url;
  frame.src = url;
  const limit = Date.now() + 10_000;
  for (let isBack = false; !isBack && Date.now() < limit; ) {
    isBack = look(popup);
    look(frame.contentWindow);
    await new Promise((later) => setTimeout(later));
  }
  look(frame.contentWindow);
  popup.close();
  frame.remove();
  return [...seen];
};

/** A victim who is logged in, in `tab`; and a thief, in another browser, with the `url` of a silent login that began there. */
async function withThief(t) {
  const tab = await open(t, openid);
  await tab.begin(openid.whole(), { returnTo: "/" });
  await tab.answer();

  // The backend's own login. Its cookie stays in the thief's browser.
  const thief = await stage.browser.newContext();
  t.after(() => thief.close());
  const begun = await thief.request.get(`${page.origin}/auth/login?prompt=none&return_to=/`, {
    maxRedirects: 0,
    headers: { "sec-fetch-dest": "document" },
  });
  const url = begun.headers().location;
  assert(url.startsWith(oidc.issuer) && url.includes("prompt=none"), url);
  return { tab, thief, url };
}

test("OpenID, login at the backend: a login that a thief began elsewhere brings no code to a script of the page", async (t) => {
  const { tab, thief, url } = await withThief(t);

  // In the victim's: a script opens it. The server answers with a code, silently, because the victim is logged in there.
  const before = asked("/auth/callback").length;
  const seen = await tab.evaluate(watch, url);
  const answers = asked("/auth/callback").slice(before).map(({ query }) => parameter(`x:?${query}`, "code"));
  assert(answers.some(Boolean), "the server gave out a code");
  for (const code of answers.filter(Boolean)) assert(!seen.some((text) => text.includes(code)), "the script saw a code");
  // If the browser sends the session's cookie along, the backend takes the victim for a user who has gone back to a response that
  // was used; if not, for one whose login was begun elsewhere.
  assert([`${page.origin}/#`, `${page.origin}/?wicketgate_error=transaction_not_found`].some((url) => seen.some((text) => text.startsWith(url))), seen.join());

  // A code that it had all the same would be worth nothing: the thief's browser has no response to it.
  assert.equal((await thief.request.get(`${page.origin}/auth/session`, { headers: { "x-requested-with": "wicketgate" } })).status(), 401);
  await tab.visit("/");
  assert.deepEqual(await whoIsIn(tab, openid.whole()), ["signed-in", "ada"], "and the victim is where it was");
});

test("OpenID, login at the backend: a response that a thief has moved into the fragment brings no code to a script of the page", async (t) => {
  const { tab, url } = await withThief(t);

  // The server puts the response into the fragment, which no server sees, and which a browser keeps at each redirect to a URL
  // without one.
  const answers = oidc.answers.length;
  const seen = await tab.evaluate(watch, `${url}&response_mode=fragment`);
  const [, code] = /#code=([^&]+)/.exec(oidc.answers.slice(answers).map(({ headers }) => headers?.location).join()) ?? [];
  assert(code, "the server gave out a code");
  assert(!seen.some((text) => text.includes(code)), `the script saw the code: ${seen.join()}`);
  assert(seen.includes(`${page.origin}/?wicketgate_error=callback_malformed#`), seen.join());
});

test("OpenID, login at the backend: a script that begins a login here gets no code, and cannot ask the backend's addresses", async (t) => {
  const tab = await open(t, openid);
  await tab.begin(openid.whole(), { returnTo: "/" });
  await tab.answer();
  const before = asked("/auth/callback").length;
  const seen = await tab.evaluate(watch, "/auth/login?prompt=none&return_to=/there");
  const codes = asked("/auth/callback").slice(before).map(({ query }) => parameter(`x:?${query}`, "code")).filter(Boolean);
  assert(codes.length > 0);
  for (const code of codes) assert(!seen.some((text) => text.includes(code)), "the script saw a code");
  assert(seen.some((text) => text.includes("/there")), seen.join());
  const answer = await tab.evaluate(async () => {
    const response = await fetch("/auth/login?prompt=none&return_to=/", { redirect: "manual" });
    return [response.type, response.status];
  });
  assert.deepEqual(answer, ["basic", 403], "a script's own request is no login");
});

test("hand-off: what it does not stop, as SECURITY.md says: a script that begins elsewhere and reads the code here", async (t) => {
  const tab = await open(t, openid);
  await tab.logIn(openid.bound());
  const thief = await stage.browser.newContext();
  t.after(() => thief.close());
  const elsewhere = await thief.newPage();
  await elsewhere.goto(page.origin);
  await elsewhere.waitForFunction(() => window.app);
  const url = await elsewhere.evaluate(async (config) => (await app.client(config)).pushed({ prompt: "none" }), openid.bound());
  const seen = await tab.evaluate(watch, url);
  const stolen = seen.find((text) => text.startsWith(redirectUri) && parameter(text, "code"));
  assert(stolen, "only the login at the backend stops this");
});

test("a session's cookie that is moved to another backend of this host is none", async (t) => {
  const key = randomBytes(32).toString("base64url");
  const start = (environment, more) =>
    startBackend({
      publicOrigin: page.origin,
      clientId: worksmart.clientId,
      clientSecret: worksmart.clientSecret,
      tokenEndpoint: `${worksmart.origin}/api/v1/oauth2/token`,
      apiOrigin: stage.resource.origin,
      ...more,
      environment: {
        WICKETGATE_COOKIE_KEY: key,
        WICKETGATE_PKCE: "off",
        WICKETGATE_AUTHORIZATION_ENDPOINT: `${worksmart.origin}/api/v1/oauth2/authorize`,
        ...environment,
      },
    });
  const first = await start();
  // The same key, the same page; another API, to which the first one's token must not go; and another client.
  const others = [await start({}, { apiOrigin: "http://127.0.0.1:9" }), await start({}, { clientId: "another" })];
  t.after(() => Promise.all([first, ...others].map((backend) => backend.close())));

  const tab = await open(t, { backend: first });
  await tab.begin(servers.WorkSmart.whole(), { returnTo: "/" });
  await tab.answer();
  const context = tab.page.context();
  /** As the backend makes it of client and origin. */
  const nameFor = (client) => `wicketgate-${createHash("sha256").update(`${client}\n${page.origin}`).digest("base64url").slice(0, 8)}`;
  const session = (await context.cookies()).find(({ name }) => name === nameFor(worksmart.clientId));
  const status = () => tab.evaluate(async () => (await fetch("/auth/session", { headers: { "x-requested-with": "wicketgate" } })).status);
  assert.equal(await status(), 200);
  for (const other of others) {
    page.backend = other.origin;
    await context.addCookies([{ ...session, name: nameFor("another") }]);
    assert.equal(await status(), 401, other === others[0] ? "another API" : "another client");
  }
  page.backend = first.origin;
  assert.equal(await status(), 200);
});
