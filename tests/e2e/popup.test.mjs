// A login in a popup: the page stays, whatever the server's and the app's Cross-Origin-Opener-Policy make of the two windows.
import assert from "node:assert/strict";
import { after, test as plainTest } from "node:test";
import { needs, testThatNeeds } from "./browser.mjs";
import { parameter, Tab } from "./tab.mjs";
import { startStage } from "./stage.mjs";

const COOP = { "cross-origin-opener-policy": "same-origin" };
const pageHeaders = {};
const stage = await startStage({ page: { headers: pageHeaders } });
after(() => stage.close());

const [openid, worksmart] = stage.ways;
const test = testThatNeeds("popup", "windows");

/** A tab whose app handles the callback on its redirect page, in whichever window that is shown. */
async function open(t, config, { app = {}, server = {} } = {}) {
  for (const name of Object.keys(pageHeaders)) delete pageHeaders[name];
  Object.assign(pageHeaders, app);
  stage.oidc.headers = server;
  const tab = await stage.open(t);
  await tab.evaluate((config) => (localStorage.redirectPage = JSON.stringify({ config, isOfFrames: false })), config);
  return tab;
}

/** Presses the button in the page. Returns the popup, and the promise of the call. */
async function openPopup(tab, config, options) {
  const opened = tab.page.context().waitForEvent("page");
  const outcome = tab.run(
    ([config, options]) =>
      app.outcome(async () => {
        const { abortable, ...others } = options;
        const { signal } = (window.controller = new AbortController());
        return (await app.ready(config)).loginWithPopup({ ...others, ...(abortable && { signal }) });
      }),
    [config, options ?? {}],
  );
  outcome.catch(() => {});
  const popup = await opened;
  await popup.waitForURL(({ origin }) => origin === stage.oidc.origin || origin === stage.worksmart.origin);
  return { popup, outcome };
}

/** Answers at the server in the popup, and waits until the popup is closed. */
async function answer(popup, choice = "Allow") {
  if (choice === "Allow") {
    await popup.getByLabel("User name").fill("ada");
    await popup.getByLabel("Password").fill("wicket");
  }
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: choice }).click();
  await closed;
}

const policies = [
  ["no policy", {}],
  ["COOP at the server", { server: COOP }],
  ["COOP in the app", { app: COOP }],
  ["COOP at both", { app: COOP, server: COOP }],
];

for (const [name, headers] of policies) {
  test(`${name}: the user logs in in the popup, which closes, and the page stays`, async (t) => {
    const config = openid.config();
    const tab = await open(t, config, headers);
    await tab.evaluate(() => (window.isSame = true));
    const { popup, outcome } = await openPopup(tab, config, { returnTo: "/orders", appState: { tab: 1 } });
    await answer(popup);
    const { returnTo, appState, session } = await outcome;
    assert.deepEqual({ returnTo, appState, status: session.status, name: session.claims.name }, {
      returnTo: "/orders", appState: { tab: 1 }, status: "signed-in", name: "Ada Lovelace",
    });
    assert.equal(await tab.evaluate(() => window.isSame), true, "the page was not left");
    assert.equal((await tab.session(config)).status, "signed-in");
    assert.equal(stage.oidc.tokenRequests().length, 1);
    assert.equal(Object.values(await tab.transactions()).some((entry) => entry.code_verifier), false);
  });

  test(`${name}: the user refuses`, async (t) => {
    const config = openid.config();
    const tab = await open(t, config, headers);
    const { popup, outcome } = await openPopup(tab, config, { returnTo: "/orders" });
    await answer(popup, "Deny");
    await assert.rejects(outcome, (error) => {
      const { code, oauth, verified, returnTo } = error;
      assert.deepEqual([code, oauth.error, verified, returnTo], ["authorization_failed", "access_denied", true, "/orders"]);
      return true;
    });
    assert.equal(stage.oidc.tokenRequests().length, 0);
  });
}

test("a tab that shares the store, and the page's own listeners, hear of the login", async (t) => {
  const config = openid.config({ tokenStore: "local" });
  const tab = await open(t, config);
  const other = await tab.another();
  for (const one of [tab, other]) {
    await one.evaluate(async (config) => {
      window.heard = [];
      (await app.ready(config)).subscribe(({ status }) => heard.push(status));
    }, config);
  }
  const { popup, outcome } = await openPopup(tab, config);
  await answer(popup);
  await outcome;
  for (const one of [tab, other]) {
    await one.page.waitForFunction(() => heard.length);
    assert.deepEqual(await one.evaluate(() => heard), ["signed-in"]);
  }
});

test("the backend redeems the code of a popup, and the login was begun there", async (t) => {
  const config = worksmart.config();
  const tab = await open(t, config, { app: COOP });
  const { popup, outcome } = await openPopup(tab, config);
  await answer(popup);
  assert.equal((await outcome).session.status, "signed-in");
  assert.deepEqual(stage.page.requests.map(({ path }) => path).filter((path) => path !== "/auth/session"), ["/auth/begin", "/auth/exchange"]);
});

test("the popup redeems nothing and keeps nothing of the response", async (t) => {
  const config = openid.config();
  const tab = await open(t, config);
  // The page that waits is gone.
  const { popup } = await openPopup(tab, { ...config, requestTimeout: 9 });
  const state = parameter(popup.url().includes("state=") ? popup.url() : stage.oidc.requestsTo("/auth").at(-1).query.replace(/^/, "http://x/?"), "state");
  await tab.visit("/");
  const window = await tab.page.context().newPage();
  const short = { ...config, requestTimeout: 1 };
  await window.goto(`${stage.page.origin}/`);
  await window.waitForFunction(() => globalThis.app);
  const outcome = await window.evaluate(
    ([config, url]) => app.handle(config, url),
    [short, `${stage.redirectUri}?code=stolen&state=${state}&iss=${encodeURIComponent(stage.oidc.issuer)}`],
  );
  assert.equal(outcome.error.code, "transaction_not_found");
  assert.equal(stage.oidc.tokenRequests().length, 0);
  assert(!(await new Tab(window, stage.page.origin).readable()).includes("stolen"));
});

test("the user closes the popup: popup_closed, and nothing is left behind", async (t) => {
  const config = openid.config();
  const tab = await open(t, config);
  const { popup, outcome } = await openPopup(tab, config);
  // The page must have seen the window open at the server.
  await tab.page.waitForTimeout(600);
  await popup.close();
  await assert.rejects(outcome, { code: "popup_closed", retryable: true });
  assert.deepEqual(await tab.transactions(), {});
});

test("a popup that the policy has cut off looks closed and is not: the login goes on", async (t) => {
  const config = openid.config();
  const tab = await open(t, config, { server: COOP });
  const { popup, outcome } = await openPopup(tab, config);
  let isOver = false;
  outcome.catch(() => {}).finally(() => (isOver = true));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(isOver, false);
  await answer(popup);
  assert.equal((await outcome).session.status, "signed-in");
});

test("the signal ends the wait for a popup that the policy has cut off", async (t) => {
  const config = openid.config();
  const tab = await open(t, config, { app: COOP, server: COOP });
  const { popup, outcome } = await openPopup(tab, config, { abortable: true });
  await tab.evaluate(() => controller.abort());
  await assert.rejects(outcome, { code: "aborted" });
  assert.deepEqual(await tab.transactions(), {}, "nobody can complete the login any more");
  await popup.close();
});

test("a signal that is aborted before opens no window", async (t) => {
  const config = openid.config();
  const tab = await open(t, config);
  const error = await tab.evaluate(
    (config) => app.outcome(async () => (await app.ready(config)).loginWithPopup({ signal: AbortSignal.abort() })),
    config,
  );
  assert.equal(error.error.code, "aborted");
  assert.equal(tab.page.context().pages().length, 1);
});

test("the time of the login ends the wait", async (t) => {
  const config = openid.config({ transactionLifetime: 2 });
  const tab = await open(t, config, { server: COOP });
  const { popup, outcome } = await openPopup(tab, config);
  await popup.close();
  await assert.rejects(outcome, { code: "transaction_expired" });
});

test("a second call ends the first", async (t) => {
  const config = openid.config();
  const tab = await open(t, config, { app: COOP });
  const first = await openPopup(tab, config);
  const second = await openPopup(tab, config);
  await assert.rejects(first.outcome, { code: "aborted" });
  await answer(second.popup);
  assert.equal((await second.outcome).session.status, "signed-in");
  await first.popup.close();
});

test("pages of the same origin that do not know the state can neither end nor answer the login", async (t) => {
  const config = openid.config();
  const tab = await open(t, config);
  const { popup, outcome } = await openPopup(tab, config);
  const hostile = await tab.another("/");
  const heard = await hostile.evaluate(async (redirectUri) => {
    const heard = [];
    for (const name of ["wicketgate", "wicketgate.", "wicketgate.popup"]) {
      const channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }) => heard.push(data);
      for (const message of ["", `${redirectUri}?code=c&state=x`, `${redirectUri}?error=access_denied`, { error: "access_denied" }]) channel.postMessage(message);
    }
    window.heard = heard;
  }, stage.redirectUri);
  assert.equal(heard, undefined);
  // A link to the redirect page, with a state in the right form.
  const link = await tab.page.context().newPage();
  await link.goto(`${stage.redirectUri}?code=c&state=${"A".repeat(43)}.w`);
  await link.waitForFunction(() => window.outcome, undefined, { timeout: 15_000 });
  assert.equal(await link.evaluate(() => window.outcome.error.code), "transaction_not_found");
  await popup.bringToFront();
  await answer(popup);
  assert.equal((await outcome).session.status, "signed-in");
  assert(!JSON.stringify(await hostile.evaluate(() => heard)).includes("code="), "the response is not told to everybody");
});

plainTest("a browser that blocks popups opens one for a click, even before the module is loaded", needs("popup", "popup blocking"), async (t) => {
  const strict = await startStage({ browser: { blocksPopups: true } });
  t.after(() => strict.close());
  const config = { ...openid.config(), clientId: strict.oidc.clientId, issuer: strict.oidc.issuer, redirectUri: strict.redirectUri };
  const tab = await strict.open(t);
  await tab.evaluate((config) => {
    const button = document.body.appendChild(document.createElement("button"));
    button.textContent = "Log in";
    app.client(config).then((client) => (button.onclick = () => app.outcome(() => client.loginWithPopup()).then((outcome) => (window.outcome = outcome))));
  }, config);
  // Without a click. A driver's own call of the page counts as one.
  const other = await tab.page.context().newPage();
  await other.addInitScript((config) => {
    const timer = setInterval(async () => {
      if (!window.app) return;
      clearInterval(timer);
      window.blocked = await app.outcome(async () => (await app.client(config)).loginWithPopup());
    }, 10);
  }, config);
  await other.goto(strict.page.origin);
  await other.waitForFunction(() => window.blocked);
  assert.equal(await other.evaluate(() => window.blocked.error.code), "popup_blocked");
  assert.equal(await other.evaluate(() => sessionStorage.length), 0, "no login was begun");
  const opened = tab.page.context().waitForEvent("page");
  await tab.page.getByRole("button", { name: "Log in" }).click();
  const popup = await opened;
  await popup.waitForURL(({ origin }) => origin === strict.oidc.origin);
  // The page must have seen the window open at the server.
  await tab.page.waitForTimeout(600);
  await popup.close();
  await tab.page.waitForFunction(() => window.outcome);
  assert.equal(await tab.evaluate(() => window.outcome.error.code), "popup_closed");
});
