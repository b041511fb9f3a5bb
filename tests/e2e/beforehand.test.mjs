// The page before it needs the module: it reports that nobody is signed in, sends no request, and loads the module and the
// metadata when it is idle, or when a call needs them.
import assert from "node:assert/strict";
import { after } from "node:test";
import { sets } from "../../scripts/sets.mjs";
import { needs, testThatNeeds } from "./browser.mjs";
import { entry } from "./entry.mjs";
import { startStage, until } from "./stage.mjs";

const test = testThatNeeds("tokens");

const built = {};
const stage = await startStage({ splits: true, page: { built } });
after(() => stage.close());

const script = "/page.js";
const { files } = sets.find((set) => set.entry === entry);
const chunk = Object.keys(built).find((path) => path.startsWith(`/${files.embedded}-`));
const config = (more) => stage.ways[0].config({ tokenStore: undefined, ...more });
const local = config({ tokenStore: "local" });

/** A tab whose page is idle only when the test says so. `init` runs before the page's scripts. */
async function open(t, init) {
  const tab = await stage.open(t);
  await tab.page.addInitScript(() => {
    const idle = [];
    window.requestIdleCallback = (work) => idle.push(work);
    window.beIdle = () => idle.splice(0).forEach((work) => work());
  });
  if (init) await tab.page.addInitScript(init);
  tab.fetched = [];
  tab.page.on("request", (request) => tab.fetched.push(new URL(request.url()).pathname));
  tab.uncaught = [];
  tab.page.on("pageerror", (error) => tab.uncaught.push(error.code ?? error.message));
  await tab.visit("/");
  tab.fetched.length = 0;
  return tab;
}

const isMetadata = (path) => path.endsWith("/.well-known/openid-configuration");
const needed = (tab) => tab.fetched.filter((path) => path === chunk || isMetadata(path));
const brought = (tab) => until(() => needed(tab).length >= 2, "module and metadata are brought");
const outcome = (tab, work, argument) => tab.run(work, argument).catch((error) => error);
const code = async (tab, work, argument) => (await outcome(tab, work, argument)).code;

test("with nothing to do, a client is there at once, signed out, and nothing is asked of anybody", needs("traffic", "early scripts"), async (t) => {
  const tab = await open(t);
  const seen = await tab.evaluate(async (config) => {
    const client = await app.client(config);
    const attempt = (work) => {
      try {
        return work();
      } catch ({ code, retryable }) {
        return { code, retryable };
      }
    };
    return {
      session: client.session(),
      isFrozen: Object.isFrozen(client.session()) && client.session() === client.session(),
      metadata: client.metadata,
      isCallback: [undefined, "/callback?code=1&state=2", "/x#error=a", new URL("https://app.example/?%63ode=1"), "/?encode=1", "/code"].map((url) =>
        client.isCallback(url),
      ),
      url: attempt(() => client.authorizationUrl()),
    };
  }, config());
  assert.deepEqual(seen, {
    session: { status: "signed-out" },
    isFrozen: true,
    metadata: {},
    isCallback: [false, true, true, true, false, false],
    url: { code: "not_ready", retryable: true },
  });
  assert.deepEqual(needed(tab), []);
});

test("module and metadata come when the page is idle, once for all of its clients", needs("traffic", "early scripts"), async (t) => {
  const tab = await open(t);
  await tab.evaluate((config) => Promise.all([app.createClient(config), app.client(config)]), config());
  await tab.evaluate(() => beIdle());
  await brought(tab);
  await tab.page.waitForFunction((config) => app.client(config).then(({ metadata }) => metadata.issuer), config());
  assert.equal(needed(tab).filter((path) => path === chunk).length, 1);
  assert.deepEqual(tab.uncaught, []);
});

test("where the browser does not say when it is idle, they come after a moment", needs("traffic", "early scripts"), async (t) => {
  const tab = await open(t, () => delete window.requestIdleCallback);
  await tab.evaluate((config) => void app.client(config), config());
  await brought(tab);
});

test("load() brings them now, and what answers at once then answers", needs("traffic", "early scripts"), async (t) => {
  const tab = await open(t);
  const [issuer, url] = await tab.evaluate(async (config) => {
    const client = await app.client(config);
    await client.load();
    return [client.metadata.issuer, client.authorizationUrl()];
  }, config());
  assert.equal(issuer, stage.oidc.issuer);
  assert(url.startsWith(stage.oidc.issuer));
  await brought(tab);
});

test("a login is begun by a page that has not loaded the module", needs("traffic", "early scripts"), async (t) => {
  const tab = await open(t);
  await tab.evaluate((config) => void app.client(config), config());
  assert.deepEqual(needed(tab), []);
  const { session } = await tab.logIn(config());
  assert.equal(session.status, "signed-in");
});

const reasons = {
  "a code in the query": { path: "/callback?code=1" },
  "an error in the fragment": { path: "/callback#error=access_denied" },
  "a parameter whose name is encoded": { path: "/callback?%63ode=1&state=2" },
  "a session in the tab's store": { keep: ["sessionStorage", "wicketgate.session.x"] },
  "a session in the origin's store": { keep: ["localStorage", "wicketgate.session.x"], more: { tokenStore: "local" } },
  "a backend that knows who is signed in": { more: { backend: { exchangeUrl: "/auth/exchange", sessionUrl: "/auth/session" } } },
  "the return of a logout": { path: "/?state=1", keep: ["sessionStorage", "wicketgate.logout"] },
};
const none = {
  "a page with other parameters": { path: "/?page=code&errors=1#encode=1" },
  "a session in the other store": { keep: ["localStorage", "wicketgate.session.x"] },
  "a session in a store, for a client that keeps its own in memory": { keep: ["sessionStorage", "wicketgate.session.x"], more: { tokenStore: "memory" } },
  "a backend that cannot be asked": { keep: ["sessionStorage", "wicketgate.session.x"], more: { backend: { exchangeUrl: "/auth/exchange" } } },
  "a state that no logout was begun with": { path: "/?state=1" },
  "something else of ours in the store": { keep: ["sessionStorage", "wicketgate.metadata.x"] },
};
for (const [cases, isNeeded] of [[reasons, true], [none, false]]) {
  for (const [name, { path = "/", keep, more }] of Object.entries(cases)) {
    test(`${name}: createClient ${isNeeded ? "waits for" : "does without"} the module`, needs("traffic", "early scripts", ...(more?.backend ? ["backend"] : [])), async (t) => {
      const tab = await open(t);
      await tab.evaluate(([store, key] = []) => store && (window[store][key] = "x"), keep);
      await tab.visit("/nowhere");
      await tab.visit(path);
      tab.fetched.length = 0;
      await tab.evaluate((config) => app.client(config).then(() => {}), config(more));
      assert.equal(needed(tab).includes(chunk), isNeeded);
    });
  }
}

for (const [name, storage] of [["sessionStorage", "session"], ["localStorage", "local"]]) {
  test(`a page that is denied ${name} has nothing kept there`, needs("early scripts"), async (t) => {
    const tab = await open(t, new Function(`Object.defineProperty(window, "${name}", { get() { throw new DOMException("denied", "SecurityError"); } });`));
    assert.deepEqual(await tab.session(config({ tokenStore: storage })), { status: "signed-out" });
  });
}

test("a second tab's login is noticed by a page that has not loaded the module", needs("traffic", "early scripts"), async (t) => {
  const tab = await open(t);
  await tab.evaluate(async (config) => {
    window.heard = [];
    const client = await app.client(config);
    client.subscribe((session) => window.heard.push([session.status, session === client.session()]));
    client.subscribe(() => window.heard.push("nothing"))();
  }, local);
  assert.deepEqual(needed(tab), []);
  const other = await tab.another();
  await other.logIn(local);
  await tab.page.waitForFunction(() => window.heard.length > 0, undefined, { polling: 20 });
  assert.deepEqual(await tab.evaluate(() => window.heard), [["signed-in", true]]);
});

test("what lies in the tab's store when a page comes back is noticed", needs("traffic", "early scripts"), async (t) => {
  const tab = await open(t);
  await tab.evaluate((config) => app.client(config).then(() => {}), config());
  await tab.evaluate(() => {
    sessionStorage["wicketgate.session.x"] = "x";
    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  });
  await brought(tab);
});

test("a prerendered page handles no callback, renews nothing and does not leave before somebody sees it", needs("traffic", "early scripts"), async (t) => {
  const tab = await open(t);
  await tab.comeBack(config());
  // Simulates a browser that prerenders a page ahead of a click.
  await tab.page.addInitScript(() => {
    let isPrerendered = true;
    Object.defineProperty(document, "prerendering", { get: () => isPrerendered });
    window.show = () => {
      isPrerendered = false;
      document.dispatchEvent(new Event("prerenderingchange"));
    };
  });
  await tab.page.reload();
  await tab.ready();
  tab.fetched.length = 0;
  const sent = () => tab.fetched.filter((path) => path === "/token" || path === "/auth");
  await tab.evaluate(async (config) => {
    const client = await app.client(config);
    window.outcomes = ["handleCallback", "handleCallback", "accessToken"].map((call) => client[call]());
    window.settled = 0;
    for (const outcome of window.outcomes) outcome.then(() => window.settled++, () => window.settled++);
    // This load takes as long as a forbidden request would take.
    await client.load();
    await fetch("/config.json");
  }, config());
  assert.deepEqual([sent(), await tab.evaluate(() => window.settled), new URL(tab.url).searchParams.has("code")], [[], 0, true]);
  const seen = await tab.evaluate(async () => {
    const [first, second] = window.outcomes;
    show();
    return [first === second, (await first).session.status];
  });
  assert.deepEqual(seen, [true, "signed-in"]);

  await tab.page.reload();
  await tab.ready();
  await tab.evaluate((config) => void app.begin(config), config());
  await tab.evaluate(() => fetch("/config.json").then(() => {}));
  assert(tab.url.startsWith(stage.page.origin), "it has not left");
  // The server still knows the user, and may send the page back at once.
  const left = tab.page.waitForRequest((request) => request.isNavigationRequest() && !request.url().startsWith(stage.page.origin));
  await tab.evaluate(() => show()).catch(() => {}); // leaving the page ends the call that runs in it
  await left;
});

const failing = async (tab) => tab.page.route(`**${chunk}*`, (route) => route.abort());
const asking = (tab, config) =>
  outcome(tab, (config) => app.outcome(async () => (await (await app.client(config)).load(), "loaded")), config);

test("a script that cannot be fetched: network_failed, and the next call tries again; on idle nobody is told", needs("interception", "early scripts"), async (t) => {
  const tab = await open(t);
  await failing(tab);
  await tab.evaluate((config) => app.client(config).then(() => {}), config());
  await tab.evaluate(() => beIdle());
  await until(() => needed(tab).length > 0, "it is tried on idle");
  for (let times = 0; times < 2; times++) {
    const { code, retryable } = await asking(tab, config());
    assert.deepEqual({ code, retryable }, { code: "network_failed", retryable: true });
  }
  assert.deepEqual(tab.uncaught, []);
  await tab.page.unroute(`**${chunk}*`);
  assert.equal(await asking(tab, config()), "loaded");
});

// Chromium did so before 2026, and Firefox before 155: this simulates such a browser.
test("in a browser that remembers what it could not import, the next call tries again all the same", needs("interception", "early scripts"), async (t) => {
  const text = new TextDecoder().decode(built[script]);
  const remembering = text.replace(`import("./${chunk.slice(1)}")`, (original) => `(window.imported ??= ${original})`);
  assert.notEqual(remembering, text);
  const tab = await open(t);
  await tab.page.route(`**${script}`, (route) => route.fulfill({ contentType: "text/javascript", body: remembering }));
  await tab.visit("/");
  await failing(tab);
  for (let times = 0; times < 2; times++) assert.equal((await asking(tab, config())).code, "network_failed");
  await tab.page.unroute(`**${chunk}*`);
  assert.equal(await asking(tab, config()), "loaded");
  assert.equal((await tab.logIn(config())).session.status, "signed-in");
});

test("a configuration that cannot be used: whatever needs the module says so, and idle says it to everybody", needs("traffic", "early scripts"), async (t) => {
  const tab = await open(t);
  const wrong = config({ pkce: "plain" });
  const calls = {
    load: (config) => app.outcome(async () => (await app.client(config)).load()),
    accessToken: (config) => app.outcome(async () => (await app.client(config)).accessToken()),
    beginLogin: (config) => app.outcome(async () => (await app.client(config)).beginLogin()),
  };
  for (const [name, work] of Object.entries(calls)) assert.equal(await code(tab, work, wrong), "invalid_config", name);
  assert.deepEqual(tab.uncaught, []);
  await tab.evaluate(() => beIdle());
  await until(() => tab.uncaught.length > 0, "it is not silent");
  assert.equal(tab.uncaught.length, 1);

  await tab.visit("/callback?code=1&state=2");
  assert.equal(await code(tab, (config) => app.outcome(() => app.client(config)), wrong), "invalid_config", "createClient, where it needs the module");
});

test("a callback that waits for the module is one promise for each URL", needs("early scripts"), async (t) => {
  const tab = await open(t);
  const seen = await tab.evaluate(async (config) => {
    const client = await app.client(config);
    const url = `${location.origin}/callback?code=1&state=2`;
    const promises = [client.handleCallback(url), client.handleCallback(new URL(url)), client.handleCallback(`${url}3`)];
    const codes = await Promise.all(promises.map((promise) => promise.catch(({ code }) => code)));
    return [promises[0] === promises[1], promises[0] === promises[2], promises[0] === client.handleCallback(url), ...codes];
  }, config());
  assert.deepEqual(seen, [true, false, true, ...Array(3).fill("transaction_not_found")]);
});
