// The provider in a real browser, by Playwright's routing: the built package in headless Chromium, an app and a provider
// without servers, redirects from one to the other and back, and every failure with the promised code.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { fakeProvider } from "wicketgate/testing";
import { launchBrowser } from "../e2e/browser.mjs";
import { Tab } from "../e2e/tab.mjs";
import { bundle } from "../servers/bundle.mjs";
import { cases, fail, told } from "./failures.mjs";

const directory = new URL("../e2e/page/", import.meta.url);
const files = {
  "/page.js": { contentType: "text/javascript; charset=utf-8", body: Buffer.from(await bundle(new URL("page.js", directory).pathname)) },
  "/icon.svg": { contentType: "image/svg+xml", body: await readFile(new URL("icon.svg", directory)) },
};
const html = { contentType: "text/html; charset=utf-8", body: await readFile(new URL("index.html", directory)) };
const browser = await launchBrowser();
after(() => browser.close());

const origin = "https://app.test";

/** A new browser profile with a tab on the app, and a provider that answers in it. */
async function open(t, options) {
  const provider = await fakeProvider({ redirectUri: `${origin}/callback`, ...options });
  const context = await browser.newContext();
  t.after(() => context.close());
  await context.route((url) => url.origin === origin, (route) => route.fulfill(files[new URL(route.request().url()).pathname] ?? html));
  await provider.route(context);
  const tab = await Tab.open(context, origin);
  return { provider, tab };
}

/** Leaves for the provider, which sends the browser back at once, and handles the callback. */
async function logIn(tab, config, options) {
  const back = tab.page.waitForURL(`${config.redirectUri}?**`);
  back.catch(() => {}); // for logins that do not even begin
  const refused = tab.run(([config, options]) => app.begin(config, options), [config, options]);
  // Leaving the page ends the call that runs in it. This is not a refusal of the library.
  await Promise.race([back, refused.then(() => back, (error) => (error.code ? Promise.reject(error) : back))]);
  await tab.ready();
  return tab.handle(config);
}

const renew = (tab, config) => tab.accessToken(config, { forceRefresh: true });

test("a login by redirects, a renewal, UserInfo, and a logout by redirects", async (t) => {
  const { provider, tab } = await open(t);
  const { config } = provider;
  const { session, returnTo } = await logIn(tab, config, { returnTo: "/orders" });
  assert.deepEqual([session.status, session.claims.name, returnTo], ["signed-in", "Ada Lovelace", "/orders"]);
  assert.match(await renew(tab, config), /^access-token-/);
  assert.equal((await tab.userInfo(config)).sub, "ada");

  const back = tab.page.waitForURL(`${origin}/?**`);
  tab.run((config) => app.logOut(config), config).catch(() => {});
  await back;
  await tab.ready();
  assert(await tab.logoutState(config));
  assert.deepEqual(await tab.session(config), { status: "signed-out" });
  const places = provider.requests.map(({ place }) => place).filter((place) => place !== "discovery" && place !== "keys");
  assert.deepEqual(places, ["authorization", "token", "refresh", "userinfo", "logout"]);
});

test("the provider's page stays in the history no more than a redirect does", async (t) => {
  const { provider, tab } = await open(t);
  await logIn(tab, provider.config);
  assert.deepEqual((await tab.history()).filter((url) => url.startsWith(provider.issuer)), []);
});

test("the session of a login is there after a reload, and new keys of the provider are no trouble", async (t) => {
  const { provider, tab } = await open(t);
  await logIn(tab, provider.config);
  await provider.rotateKeys();
  await tab.visit("/");
  assert.equal((await tab.session(provider.config)).claims.sub, "ada");
  await renew(tab, provider.config);
  assert.equal((await tab.session(provider.config)).status, "signed-in");
});

test("a redirect URI that is not registered ends at the provider, which says so", async (t) => {
  const { provider, tab } = await open(t);
  await tab.begin({ ...provider.config, redirectUri: `${origin}/elsewhere` });
  assert.match(await tab.page.textContent("body"), /redirect_uri is https:\/\/app\.test\/elsewhere/);
});

test("tokens that have expired for both are renewed", async (t) => {
  const { provider, tab } = await open(t);
  await logIn(tab, provider.config);
  const first = await tab.accessToken(provider.config);
  provider.advance(3600);
  await tab.later(3600);
  assert.notEqual(await tab.accessToken(provider.config), first);
});

// ── Every failure, in one page ──

const page = await open({ after });
let count = 0;

/** A login in the present page, without redirects. */
async function logInHere(provider, config) {
  const url = await page.tab.run((config) => app.outcome(async () => (await app.ready(config)).authorizationUrl()), config);
  return page.tab.handle(config, await provider.authorize(url));
}

for (const one of cases) {
  test(`"${one.name}" at ${one.place}: ${one.code}`, async () => {
    const { tab } = page;
    const provider = await fakeProvider({ issuer: `https://login-${++count}.test`, redirectUri: `${origin}/callback` });
    await provider.route(tab.page);
    const app = {
      logIn: (config) => (one.place === "authorization" ? logIn(tab, config) : logInHere(provider, config)),
      refresh: (config) => renew(tab, config),
      userInfo: (config) => tab.userInfo(config),
      revoke: (config) => tab.run((config) => app.outcome(async () => (await app.client(config)).revoke()), config),
    };
    const error = await fail(provider, app, one);
    assert.deepEqual(told(error, one), { code: one.code, ...one.detail });
    assert(provider.requests.some(({ failure, place }) => failure === one.name && place === one.place));
  });
}
