// The usual flow: log in by redirect and come back, at both servers.
import assert from "node:assert/strict";
import { after } from "node:test";
import { needs } from "./browser.mjs";
import { startStage } from "./stage.mjs";
import { parameter } from "./tab.mjs";

const stage = await startStage();
after(() => stage.close());

for (const { name, server, config, test } of stage.ways) {
  test(`${name}: logs in, gives back returnTo and appState, and is signed in`, async (t) => {
    const tab = await stage.open(t);
    await tab.visit("/projects/7?sort=name#hours");
    const appState = { cart: [1, "two", null], nested: { deep: true } };
    const result = await tab.logIn(config(), { appState });

    assert.equal(result.returnTo, "/projects/7?sort=name#hours");
    assert.deepEqual(result.appState, appState);
    assert.equal(result.session.status, "signed-in");
    const lifetime = result.session.expiresAt - Date.now() / 1000;
    assert(lifetime > 3500 && lifetime <= 3601, `expires in ${lifetime}`);
    assert.deepEqual(await tab.session(config()), result.session);
    assert.equal(server.tokenRequests().length, 1);
  });

  test(`${name}: a returnTo that was given wins over the current path`, async (t) => {
    const tab = await stage.open(t);
    const { returnTo, ...result } = await tab.logIn(config(), { returnTo: "/inbox?unread#top" });
    assert.equal(returnTo, "/inbox?unread#top");
    assert(!("appState" in result), "no appState was given, none comes back");
  });

  test(`${name}: §2.3 the page's URL is clean before the code goes out`, needs("interception"), async (t) => {
    const tab = await stage.open(t);
    const url = await tab.comeBack(config());
    const seen = [];
    await tab.page.route(/\/(token|auth\/exchange)$/, async (route) => {
      seen.push(await tab.evaluate(() => [location.href, document.URL]));
      await route.continue();
    });
    await tab.handle(config());

    assert(parameter(url, "code"));
    assert.deepEqual(seen, [[stage.redirectUri, stage.redirectUri]]);
    assert.equal(tab.url, stage.redirectUri);
  });

  test(`${name}: §2.3 neither the code nor the state stays in the tab's history`, needs("history"), async (t) => {
    const tab = await stage.open(t);
    await tab.logIn(config());
    const ours = (await tab.history()).filter((url) => url.startsWith(stage.page.origin));
    assert.deepEqual(ours, [`${stage.page.origin}/`, stage.redirectUri]);
  });

  test(`${name}: §2.2 §2.3 parameters that are not ours are ignored and stay in the URL`, async (t) => {
    const tab = await stage.open(t);
    const url = new URL(await tab.comeBack(config()));
    url.search = `?a=%41+b&a=2&empty&session_state=s${url.search.replace("?", "&")}&z=%F0%9F%9A%AA`;
    url.hash = "#here";
    await tab.visit(url);
    await tab.handle(config());
    assert.equal(tab.url, `${stage.redirectUri}?a=%41+b&a=2&empty&session_state=s&z=%F0%9F%9A%AA#here`);
  });

  test(`${name}: §2.3 the page's own history.state stays`, async (t) => {
    const tab = await stage.open(t);
    await tab.comeBack(config());
    await tab.evaluate(() => history.replaceState({ router: 3 }, ""));
    await tab.handle(config());
    assert.deepEqual(await tab.evaluate(() => history.state), { router: 3 });
  });

  test(`${name}: isCallback tells the way back from any other page`, async (t) => {
    const tab = await stage.open(t);
    assert.equal(await tab.isCallback(config()), false);
    await tab.comeBack(config());
    assert.equal(await tab.isCallback(config()), true);
    const other = await tab.evaluate(
      async (config) => (await app.client(config)).isCallback(`${location.origin}/elsewhere?code=1&state=2`),
      config(),
    );
    assert.equal(other, false, "another path than the redirect URI's");
    await tab.handle(config());
    assert.equal(await tab.isCallback(config()), false);
  });

  test(`${name}: subscribers hear of the login once, and of the logout`, async (t) => {
    const tab = await stage.open(t);
    await tab.comeBack(config());
    const heard = await tab.evaluate(async (config) => {
      const client = await app.client(config);
      const heard = [];
      const unsubscribe = client.subscribe(({ status }) => heard.push(status));
      await client.handleCallback();
      await client.logout();
      unsubscribe();
      return [...heard, client.session().status];
    }, config());
    assert.deepEqual(heard, ["signed-in", "signed-out", "signed-out"]);
  });

  test(`${name}: the session is the same object until something changes`, async (t) => {
    const tab = await stage.open(t);
    await tab.logIn(config());
    const same = await tab.evaluate(async (config) => {
      const client = await app.client(config);
      return client.session() === client.session();
    }, config());
    assert(same);
  });

  test(`${name}: the one-call functions log in as the client does`, async (t) => {
    const tab = await stage.open(t);
    const gone = tab.page.waitForURL(({ origin }) => origin === server.origin);
    // Leaving the page ends the call that runs in it.
    tab.evaluate((config) => void app.beginLogin(app.configOf(config), { returnTo: "/one" }), config()).catch(() => {});
    await gone;
    await tab.answer();
    const result = await tab.run((config) => app.outcome(() => app.handleCallback(app.configOf(config))), config());
    assert.equal(result.returnTo, "/one");
    assert.equal(result.session.status, "signed-in");
  });
}

const [openid, worksmart] = stage.ways;

openid.test("OpenID: §3 the token request has each parameter once, no credentials, no referrer", needs("cookies"), async (t) => {
  const tab = await stage.open(t);
  await tab.page.context().addCookies([{ name: "spy", value: "1", url: stage.oidc.origin }]);
  const url = await tab.comeBack(openid.config());
  await tab.handle(openid.config());

  const [{ query, headers, body }] = stage.oidc.tokenRequests();
  assert.equal(query, "");
  const { code_verifier: verifier, ...parameters } = Object.fromEntries(new URLSearchParams(body));
  assert.deepEqual(parameters, {
    grant_type: "authorization_code",
    code: parameter(url, "code"),
    redirect_uri: stage.redirectUri,
    client_id: stage.oidc.clientId,
  });
  assert.match(verifier, /^[\w-]{43}$/);
  assert.equal(new URLSearchParams(body).size, 5);
  assert.equal(headers["content-type"].replace(/; ?charset=utf-8$/i, ""), "application/x-www-form-urlencoded");
  assert.equal(headers.accept, "application/json");
  assert.equal(headers.cookie, undefined);
  assert.equal(headers.referer, undefined);
});

openid.test("OpenID: the access token reads UserInfo", async (t) => {
  const tab = await stage.open(t);
  await tab.logIn(openid.config());
  const claims = await tab.evaluate(async (config) => {
    const client = await app.client(config);
    const headers = { authorization: `Bearer ${await client.accessToken()}` };
    return (await fetch(client.metadata.userinfo_endpoint, { headers })).json();
  }, openid.config());
  assert.deepEqual(claims, { sub: "ada", name: "Ada Lovelace", email: "ada@example.com" });
});

openid.test("OpenID: the session says scope and token type; logout ends it here", async (t) => {
  const tab = await stage.open(t);
  const { session } = await tab.logIn(openid.config());
  assert.equal(session.scope, "openid profile email");
  assert.equal(session.tokenType, "Bearer");

  const work = (config) => app.outcome(async () => (await app.client(config)).logout({ redirect: false }));
  await tab.run(work, openid.config());
  assert.deepEqual(await tab.session(openid.config()), { status: "signed-out", endedBy: "logout" });
  const token = tab.run((config) => app.outcome(async () => (await app.client(config)).accessToken()), openid.config());
  await assert.rejects(token, { code: "no_session" });
});

openid.test("OpenID: §1.8 the redirect page redeems the code without discovering first", async (t) => {
  const tab = await stage.open(t);
  await tab.comeBack(openid.config());
  const discoveries = () => stage.oidc.requests.filter(({ path }) => path.startsWith("/.well-known/")).length;
  assert.equal(discoveries(), 1);
  await tab.handle(openid.config());
  assert.equal(discoveries(), 1);
  assert.equal(stage.oidc.tokenRequests().length, 1);
});

openid.test("OpenID: §1.4 a redirect URI with a query comes back whole, and only ours is removed", async (t) => {
  const tab = await stage.open(t);
  const redirectUri = `${stage.redirectUri}?tenant=7`;
  const { session } = await tab.logIn(openid.config({ redirectUri }));
  assert.equal(session.status, "signed-in");
  assert.equal(tab.url, redirectUri);
});

worksmart.test("WorkSmart: the session survives a reload, in every tab, and logout ends it at the backend", async (t) => {
  const tab = await stage.open(t);
  const config = worksmart.config();
  const { session, backend } = await tab.logIn(config);
  assert.deepEqual(backend, { session });

  await tab.visit("/");
  assert.deepEqual(await tab.session(config), session);
  const other = await tab.another();
  assert.deepEqual(await other.session(config), session);

  assert.equal((await me(tab)).status, 200);
  await tab.run((config) => app.outcome(async () => (await app.client(config)).logout()), config);
  assert.equal((await me(tab)).status, 401);
  await tab.visit("/");
  assert.deepEqual(await tab.session(config), { status: "signed-out" });
});

worksmart.test("WorkSmart: an API call through the backend knows the user", async (t) => {
  const tab = await stage.open(t);
  await tab.logIn(worksmart.config());
  assert.deepEqual(await me(tab), { status: 200, body: { id: "ada", name: "Ada Lovelace", email: "ada@example.com" } });
});

worksmart.test("WorkSmart: without a configured redirect URI the registered one serves", async (t) => {
  const tab = await stage.open(t);
  const config = worksmart.config();
  delete config.worksmart.redirectUri;
  const { session } = await tab.logIn(config);
  assert.equal(session.status, "signed-in");
  assert(!("redirect_uri" in JSON.parse(handOff().body)));
});

worksmart.test("WorkSmart: §3 the hand-off is the one of the contract, same-origin, with the custom header", async (t) => {
  const tab = await stage.open(t);
  const url = await tab.comeBack(worksmart.config());
  await tab.handle(worksmart.config());
  const { method, headers, body } = handOff();
  assert.equal(method, "POST");
  assert.deepEqual(JSON.parse(body), {
    code: parameter(url, "code"),
    state: parameter(url, "state"),
    redirect_uri: stage.redirectUri,
    client_id: stage.worksmart.clientId,
  });
  assert.equal(headers["x-requested-with"], "wicketgate");
  assert.equal(headers.origin, stage.page.origin);
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers.referer, undefined);
});

for (const { name, config, test } of stage.ways) {
  test(`${name}: a login leaves nothing in the console and breaks no policy`, needs("traffic"), async (t) => {
    const tab = await stage.open(t);
    const heard = [];
    tab.page.on("console", (message) => heard.push(`${message.text()} ${message.location().url}`));
    tab.page.on("pageerror", (error) => heard.push(error.message));
    await tab.logIn(config());
    // The browser itself logs the backend's answer 401, which the contract demands if there is no session.
    const unexpected = heard.filter((text) => !(text.includes("401") && text.endsWith("/auth/session")));
    assert.deepEqual(unexpected, []);
  });
}

/** The hand-off that the backend received. */
const handOff = () => stage.page.requests.find(({ path }) => path === "/auth/exchange");

const me = (tab) =>
  tab.evaluate(async () => {
    const answer = await fetch("/api/v1/me");
    return { status: answer.status, body: await answer.json() };
  });
