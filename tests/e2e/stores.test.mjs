// The stores of a session: which of them outlives a page, who shares it, and what can be read in it; and that the tabs which
// share it act as one client for the server. `oidc-provider` rotates refresh tokens, and revokes all of them if one is sent
// twice.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../servers/bundle.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { launchBrowser, launchProfile, needs, testThatNeeds } from "./browser.mjs";
import { until } from "./stage.mjs";
import { Tab } from "./tab.mjs";

const test = testThatNeeds("tokens");

const directory = fileURLToPath(new URL("page/", import.meta.url));
const page = await startPage({ directory, built: { "/page.js": await bundle(`${directory}page.js`) } });
const redirectUri = `${page.origin}/callback`;
const oidc = await startOidc({ redirectUris: [redirectUri] });
page.servers = [oidc.origin];
const browser = await launchBrowser();

after(async () => {
  await browser.close();
  await Promise.all([oidc.close(), page.close()]);
});

const config = (more) => ({
  clientId: oidc.clientId,
  issuer: oidc.issuer,
  redirectUri,
  scope: "openid profile email offline_access",
  ...more,
});
const byDefault = config();
const local = config({ tokenStore: "local" });
const memory = config({ tokenStore: "memory" });
const keeping = { "the default": byDefault, session: config({ tokenStore: "session" }), local };

/** A provider without faults and with empty records. */
function reset() {
  Object.assign(oidc, { fault: undefined, hold: undefined, changes: {}, lifetime: 3600 });
  for (const records of [oidc.requests, oidc.answers]) records.length = 0;
}

/** A new browser profile with one tab on the page. `prepare` gets the profile before it has a page. */
async function open(t, prepare, from = browser) {
  reset();
  const context = await from.newContext();
  t.after(() => context.close());
  await prepare?.(context);
  return Tab.open(context, page.origin);
}

/** The provider gives a refresh token only if the user has agreed (OpenID Connect Core §11). */
async function logIn(tab, config, username) {
  await tab.begin(config, { prompt: "consent" });
  await tab.answer("Allow", username);
  return tab.handle(config);
}

const signedOut = { status: "signed-out" };
const refreshes = () => oidc.tokenRequests().filter(({ body }) => body.startsWith("grant_type=refresh_token"));

/** The requests to the server, except those for public documents. */
const asked = () => oidc.requests.map(({ path }) => path).filter((path) => !path.startsWith("/.well-known/"));

/** The token responses of the token endpoint, in order, once `count` answers have been sent. */
async function issued(count) {
  const answers = () => oidc.answers.filter(({ url, status }) => url === "/token" && status === 200);
  await until(() => answers().length >= count, `${count} token answers`);
  return answers().map(({ body }) => JSON.parse(body));
}

/** Waits until the access token of the session has expired, for the page and for the server. */
const expiry = ({ expiresAt }) => until(() => Date.now() / 1000 > expiresAt + 1, "the access token expires");

/** Holds refreshes back until `release` is called. */
function holdRefreshes() {
  let release;
  const free = new Promise((resolve) => (release = resolve));
  oidc.hold = ({ method, path }) => (method === "POST" && path === "/token" ? free : undefined);
  return release;
}

/** Makes the tab record each change of its client's session, with the access token at that time. */
function listen(tab, config) {
  return tab.evaluate(async (config) => {
    const client = await app.client(config);
    window.heard = [];
    window.messages = [];
    new BroadcastChannel("wicketgate").onmessage = ({ data }) => window.messages.push(data);
    client.subscribe(async ({ status, claims }) => {
      const token = await client.accessToken().catch(({ code }) => code);
      window.heard.push({ status, sub: claims?.sub, token });
    });
  }, config);
}

const heard = (tab, count) => noted(tab, "heard", count);
const messages = (tab, count) => noted(tab, "messages", count);

async function noted(tab, list, count) {
  await tab.page.waitForFunction(([list, count]) => window[list].length >= count, [list, count], { polling: 50 });
  return tab.evaluate((list) => window[list], list);
}

/** All console messages and errors of the page from now on. */
function noise(tab) {
  const noise = [];
  tab.page.on("pageerror", (error) => noise.push(String(error)));
  tab.page.on("console", (message) => noise.push(message.text()));
  return noise;
}

/** The content of the tab's two stores. */
const stores = (tab) => tab.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage } }));

// ── Which session outlives the page ──

for (const [name, kept] of Object.entries(keeping)) {
  test(`${name}: after a reload the session is there as it was, and the server was not asked`, async (t) => {
    const tab = await open(t);
    const { session } = await logIn(tab, kept);
    const token = await tab.accessToken(kept);
    oidc.requests.length = 0;
    await tab.page.reload();
    await tab.ready();
    assert.deepEqual(await tab.session(kept), session);
    assert.equal(session.claims.name, "Ada Lovelace");
    assert.equal(await tab.accessToken(kept), token);
    assert.deepEqual(asked(), []);

    // The refresh token was kept, too.
    assert.notEqual(await tab.accessToken(kept, { forceRefresh: true }), token);
    await tab.page.reload();
    await tab.ready();
    const [, { access_token: renewed }] = await issued(2);
    assert.equal(await tab.accessToken(kept), renewed);
  });
}

test("memory: after a reload nobody is signed in, and nothing was stored", async (t) => {
  const tab = await open(t);
  await logIn(tab, memory);
  assert.deepEqual(sessionsIn(await stores(tab)), []);
  await tab.page.reload();
  await tab.ready();
  assert.deepEqual(await tab.session(memory), signedOut);
});

/** The sealed sessions in these stores. */
const sessionsIn = (stores) =>
  Object.values(stores).flatMap((store) => Object.keys(store).filter((key) => /^wicketgate\.session\.[\w-]+$/.test(key)));

test("a new tab has the session of local, and of no other", async (t) => {
  const tab = await open(t);
  const { session } = await logIn(tab, local);
  const token = await tab.accessToken(local);
  for (const own of [byDefault, memory]) await logIn(tab, own);
  oidc.requests.length = 0;

  const another = await tab.another();
  assert.deepEqual(await another.session(local), session);
  assert.equal(await another.accessToken(local), token);
  for (const own of [byDefault, memory]) assert.deepEqual(await another.session(own), signedOut);
  assert.deepEqual(asked(), []);
});

test("local: the browser is closed and opened again, and the session is there", needs("profiles"), async (t) => {
  reset();
  const profile = await mkdtemp(join(tmpdir(), "profile-"));
  t.after(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
  const start = async () => {
    const context = await launchProfile(profile);
    t.after(() => context.close());
    return Tab.open(context, page.origin);
  };

  const before = await start();
  const { session } = await logIn(before, local);
  const token = await before.accessToken(local);
  await logIn(before, byDefault);
  await before.page.context().close();

  const tab = await start();
  assert.deepEqual(await tab.session(local), session);
  assert.equal(await tab.accessToken(local), token);
  assert.deepEqual(await tab.session(byDefault), signedOut);
  assert.equal(refreshes().length, 0);
});

// ── What can be read in a store ──

test("no token and no claim can be read in any store, and the key does not come out of the browser", async (t) => {
  const tab = await open(t);
  for (const kept of [byDefault, local]) {
    await logIn(tab, kept);
    await tab.accessToken(kept, { forceRefresh: true });
  }
  const { session, local: origin } = await stores(tab);
  assert.equal(sessionsIn({ session }).length, 1, "what is looked at is there");
  assert.equal(sessionsIn({ origin }).length, 1);

  const [keys, marks] = await tab.evaluate(async () => {
    const done = (request) =>
      new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: reject }));
    const database = await done(indexedDB.open("wicketgate"));
    const values = [];
    for (const name of database.objectStoreNames) {
      values.push(...(await done(database.transaction(name).objectStore(name).getAll())));
    }
    database.close();
    const isKey = (value) => value instanceof CryptoKey;
    const keys = values.filter(isKey).map(async (key) => ({
      extractable: key.extractable,
      algorithm: key.algorithm,
      exported: await crypto.subtle.exportKey("raw", key).then(
        () => "it came out",
        ({ name }) => name,
      ),
    }));
    return [await Promise.all(keys), values.filter((value) => !isKey(value))];
  });
  const algorithm = { name: "AES-GCM", length: 256 };
  assert.deepEqual(keys, [{ extractable: false, algorithm, exported: "InvalidAccessError" }]);
  // Marks by which tabs know whether they see the latest entry: a hash of the sealed text.
  for (const mark of marks) assert.match(mark, /^[\w-]{43}$/);

  const secrets = (await issued(4)).flatMap(({ access_token, refresh_token, id_token }) => [access_token, refresh_token, id_token]);
  assert.equal(secrets.length, 12);
  const readable = await tab.readable();
  // Long enough that no random text contains it: a sealed text contains any three characters now and then.
  const header = "eyJhbGciOi";
  assert(secrets.some((secret) => secret.startsWith(header)));
  for (const secret of [...secrets, header, "Ada Lovelace", "ada@example.com"]) {
    assert(!JSON.stringify([session, origin, marks]).includes(secret), secret);
  }
  for (const secret of secrets) assert(!readable.includes(secret), secret);
});

test("what is copied into another browser, damaged or of another version opens nothing, without a noise", needs("traffic"), async (t) => {
  const tab = await open(t);
  for (const kept of [byDefault, local]) await logIn(tab, kept);
  const copied = await stores(tab);
  const [tabKey] = sessionsIn({ session: copied.session });
  const [originKey] = sessionsIn({ local: copied.local });
  const sealed = copied.local[originKey];
  const changed = (at) => sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);

  const check = async (tab, [inTab, inOrigin], what) => {
    const complaints = noise(tab);
    await tab.evaluate(
      ([tabKey, inTab, originKey, inOrigin]) => {
        sessionStorage.setItem(tabKey, inTab);
        localStorage.setItem(originKey, inOrigin);
      },
      [tabKey, inTab, originKey, inOrigin],
    );
    await tab.page.reload();
    await tab.ready();
    for (const kept of [byDefault, local]) {
      assert.deepEqual(await tab.session(kept), signedOut, what);
      await assert.rejects(tab.accessToken(kept), { code: "no_session" }, what);
    }
    assert.deepEqual(complaints, [], what);
  };

  const elsewhere = await open(t);
  await check(elsewhere, [copied.session[tabKey], sealed], "copied");
  await logIn(elsewhere, local);
  assert.equal((await elsewhere.session(local)).status, "signed-in", "and it is in nobody's way");

  const plain = JSON.stringify({ v: 1, access_token: "planted", claims: { sub: "eve" } });
  const wrong = ["", "2.", "2.AAAA", "garbage", sealed.slice(0, -4), `0${sealed.slice(1)}`, sealed.slice(2), plain, `2.${btoa(plain)}`];
  for (const text of [...wrong, changed(2), changed(sealed.length >> 1)]) await check(tab, [text, text], JSON.stringify(text));
  // Only the test has damaged them.
  await tab.evaluate(([key, sealed]) => localStorage.setItem(key, sealed), [originKey, sealed]);
  await tab.page.reload();
  await tab.ready();
  assert.equal((await tab.session(local)).status, "signed-in");
});

// ── One refresh ──

const withoutLocks = (context) => context.addInitScript(() => delete Navigator.prototype.locks);

for (const [name, prepare] of [
  ["with Web Locks", undefined],
  ["without navigator.locks", withoutLocks],
]) {
  const withThis = prepare ? needs("early scripts") : {};
  test(`${name}: five tabs ask fifty times each with an expired access token, and the provider gets one refresh`, withThis, async (t) => {
    const tab = await open(t, prepare);
    assert.equal(await tab.evaluate(() => typeof navigator.locks), prepare ? "undefined" : "object");
    oidc.lifetime = 1;
    const { session } = await logIn(tab, local);
    const tabs = [tab];
    while (tabs.length < 5) tabs.push(await tab.another());
    for (const { status } of await Promise.all(tabs.map((tab) => tab.session(local)))) assert.equal(status, "signed-in");
    await expiry(session);

    oidc.lifetime = 3600;
    const release = holdRefreshes();
    await Promise.all(
      tabs.map((tab) =>
        tab.evaluate(async (config) => {
          const client = await app.client(config);
          window.calls = Promise.all(Array.from({ length: 50 }, () => client.accessToken()));
        }, local),
      ),
    );
    await until(() => refreshes().length > 0, "a refresh");
    release();
    const tokens = (await Promise.all(tabs.map((tab) => tab.evaluate(() => window.calls)))).flat();

    const [, { access_token: renewed }] = await issued(2);
    assert.equal(tokens.length, 250);
    assert.deepEqual([...new Set(tokens)], [renewed]);
    assert.equal(refreshes().length, 1);
    for (const { status } of await Promise.all(tabs.map((tab) => tab.session(local)))) assert.equal(status, "signed-in");
    // Each tab can continue from here: none holds a used refresh token.
    for (const tab of tabs) assert.notEqual(await tab.accessToken(local, { forceRefresh: true }), renewed);
    // A tab releases its lease when it is done. The other tabs see the entry of one tab a moment later.
    const isFree = () => Object.keys(localStorage).every((key) => !key.endsWith(".lease"));
    for (const tab of tabs) await tab.page.waitForFunction(isFree, undefined, { polling: 50 });
  });

  test(`${name}: who waited for another tab's refresh takes what came of it, every time`, withThis, async (t) => {
    const tab = await open(t, prepare);
    await logIn(tab, local);
    const another = await tab.another();
    await another.session(local);
    // The other tabs may read an entry only after they were notified, because each process of the browser has a copy.
    for (let round = 1; round <= 15; round++) {
      const release = holdRefreshes();
      const ask = (tab) => tab.evaluate((config) => void (window.asked = app.accessToken(config, { forceRefresh: true })), local);
      const [first, second] = round % 2 ? [tab, another] : [another, tab];
      await ask(first);
      await until(() => refreshes().length === round, "a refresh");
      await ask(second);
      release();
      const tokens = [await first.run(() => window.asked), await second.run(() => window.asked)];
      const renewed = (await issued(1 + round)).at(-1).access_token;
      assert.deepEqual(tokens, [renewed, renewed], `round ${round}`);
      assert.equal(refreshes().length, round, "a refresh token is sent once");
    }
  });

  test(`${name}: a tab that is closed in the middle of its refresh stops no other`, withThis, async (t) => {
    const tab = await open(t, prepare);
    await logIn(tab, local);
    const another = await tab.another();
    // Before any code uses the clock: during the installation, the year is 1970 for a moment, and today's lease would seem to
    // be of the far future.
    if (prepare) await another.page.clock.install();
    await another.session(local);
    // The request never reaches the provider, so the refresh token is still valid.
    oidc.hold = ({ path }) => (path === "/token" ? new Promise(() => {}) : undefined);
    await tab.evaluate(async (config) => void (await app.client(config)).accessToken({ forceRefresh: true }), local);
    await until(() => refreshes().length === 1, "the refresh of the first tab");
    oidc.hold = undefined;
    const waiting = another.accessToken(local, { forceRefresh: true });
    waiting.catch(() => {});
    await tab.page.close();
    // The lease of a tab without a lock ends when its time is over: longer than a request may take.
    if (prepare) await another.later(21);

    const token = await waiting;
    const [, { access_token: renewed }] = await issued(2);
    assert.equal(token, renewed);
    assert.equal(refreshes().length, 2);
    assert.equal((await another.session(local)).status, "signed-in");
  });
}

// ── Offline ──

/** A tab whose timers stand still, so that nothing happens because of a timer. */
async function withoutTimers(tab) {
  await tab.page.clock.install();
  await tab.page.reload();
  await tab.ready();
  await tab.page.clock.pauseAt(Date.now() + 1000);
}

for (const [name, kept] of Object.entries({ "the default": byDefault, local })) {
  test(`${name}: offline in the middle of a refresh: stale, and back online it is made up for at once`, needs("no network"), async (t) => {
    const tab = await open(t);
    const { session } = await logIn(tab, kept);
    const token = await tab.accessToken(kept);
    // With `local`, the pauses between checks of the lease are timers, too.
    if (kept !== local) await withoutTimers(tab);
    const context = tab.page.context();
    // Only when the request is on its way.
    const release = holdRefreshes();
    await tab.evaluate((config) => void (window.refused = app.accessToken(config, { forceRefresh: true })), kept);
    await until(() => refreshes().length === 1, "the refresh");
    await context.setOffline(true);
    await tab.page.waitForFunction(() => !navigator.onLine, undefined, { polling: 50 });
    // A request that is on its way when the network fails never arrives.
    oidc.fault = "down";
    release();
    await assert.rejects(
      tab.run(() => window.refused),
      { code: "network_failed" },
    );
    assert.deepEqual(await tab.session(kept), { ...session, status: "stale" });
    assert.equal(await tab.accessToken(kept), token, "it is still good");

    oidc.fault = undefined;
    await listen(tab, kept);
    await context.setOffline(false);
    const [{ status, sub, token: renewed }] = await heard(tab, 1);
    assert.deepEqual([status, sub], ["signed-in", "ada"]);
    assert.notEqual(renewed, token);
    assert.equal(renewed, (await issued(2))[1].access_token);
    assert.equal(refreshes().length, 2, "the one that failed, and one more");
  });
}

for (const event of ["pageshow", "visibilitychange"]) {
  test(`a stale session is tried again at once on ${event}`, needs("clocks"), async (t) => {
    const tab = await open(t);
    await logIn(tab, byDefault);
    await withoutTimers(tab);
    oidc.fault = "down";
    await assert.rejects(tab.accessToken(byDefault, { forceRefresh: true }), { code: "network_failed" });
    await listen(tab, byDefault);
    oidc.fault = undefined;
    const before = refreshes().length;
    await tab.evaluate((event) => document.dispatchEvent(new Event(event, { bubbles: true })), event);
    assert.equal((await heard(tab, 1))[0].status, "signed-in");
    assert.equal(refreshes().length, before + 1);
  });
}

/** Makes the tab record how long it intends to wait. */
const notePauses = (tab) =>
  tab.evaluate(() => {
    const { setTimeout } = window;
    window.pauses = [];
    window.setTimeout = (work, pause) => {
      window.pauses.push(pause);
      return setTimeout(work, pause);
    };
  });

test("offline for a minute: tried again and again, nobody is signed out, and back online it is made up for at once", needs("a network log", "clocks"), async (t) => {
  const tab = await open(t);
  const { session } = await logIn(tab, byDefault);
  await withoutTimers(tab);
  const token = await tab.accessToken(byDefault);
  await notePauses(tab);
  const network = await tab.page.context().newCDPSession(tab.page);
  await network.send("Network.enable");
  const [asked, failed] = [new Set(), []];
  network.on("Network.requestWillBeSent", ({ requestId, request }) => request.url.endsWith("/token") && asked.add(requestId));
  network.on("Network.loadingFailed", ({ requestId }) => asked.has(requestId) && failed.push(requestId));
  const emulate = (offline) =>
    network.send("Network.emulateNetworkConditions", { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await emulate(true);
  await assert.rejects(tab.accessToken(byDefault, { forceRefresh: true }), { code: "network_failed", retryable: true });

  let passed = 0;
  for (let tried = 1; passed < 60_000; tried++) {
    await until(() => failed.length === tried, `try ${tried}`);
    assert.deepEqual(await tab.session(byDefault), { ...session, status: "stale" });
    assert.equal(await tab.accessToken(byDefault), token, "it is still good");
    const pause = (await noted(tab, "pauses", tried)).at(-1);
    await tab.page.clock.runFor(pause);
    passed += pause;
  }
  assert.equal(refreshes().length, 0, "nothing arrived");
  assert(failed.length >= 5 && failed.length < 12, `${failed.length} times in a minute`);

  await listen(tab, byDefault);
  await emulate(false);
  const [{ status, sub, token: renewed }] = await heard(tab, 1);
  assert.deepEqual([status, sub], ["signed-in", "ada"]);
  assert.notEqual(renewed, token);
  assert.equal(refreshes().length, 1);
});

test("a stale session is tried again by itself, after pauses that grow", needs("clocks"), async (t) => {
  const tab = await open(t);
  await logIn(tab, byDefault);
  await withoutTimers(tab);
  await notePauses(tab);
  oidc.fault = "500";
  await assert.rejects(tab.accessToken(byDefault, { forceRefresh: true }), { code: "token_request_failed" });
  await listen(tab, byDefault);
  for (const [tried, middle] of [1000, 2000, 4000, 8000].entries()) {
    const pause = (await noted(tab, "pauses", tried + 1)).at(-1);
    assert(pause >= middle / 2 && pause < middle * 1.5, `${pause} is not about ${middle}`);
    await tab.page.clock.runFor(pause - 1);
    assert.equal(refreshes().length, tried + 1, "no sooner");
    if (middle === 8000) oidc.fault = undefined;
    await tab.page.clock.runFor(1);
    await until(() => refreshes().length === tried + 2, "another try");
  }
  assert.equal((await heard(tab, 1))[0].status, "signed-in");
});

// ── A full store ──

test("local storage that is full: the page goes on from memory, and what was used up is not in the store", needs("traffic"), async (t) => {
  const tab = await open(t);
  await logIn(tab, local);
  const complaints = noise(tab);
  // Larger than the entry before, which would otherwise fit.
  oidc.changes["/token"] = (body) => {
    const answer = JSON.parse(body);
    return JSON.stringify({ ...answer, scope: `${answer.scope} ${"x".repeat(9000)}` });
  };
  await tab.evaluate(() => {
    let size = 1 << 22;
    for (let number = 0; size > 0; number++) {
      try {
        localStorage.setItem(`filler${number}`, "x".repeat(size));
      } catch {
        size >>= 1;
      }
    }
  });
  const first = await tab.accessToken(local, { forceRefresh: true });
  assert.equal((await tab.session(local)).status, "signed-in");
  assert.equal(await tab.accessToken(local), first);
  assert.deepEqual(sessionsIn(await stores(tab)), []);
  const second = await tab.accessToken(local, { forceRefresh: true });
  assert.deepEqual([first, second], (await issued(3)).slice(1).map(({ access_token }) => access_token));

  // Once there is room, the client stores the session again.
  await tab.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("filler")).forEach((key) => localStorage.removeItem(key)));
  const third = await tab.accessToken(local, { forceRefresh: true });
  assert.equal(await (await tab.another()).accessToken(local), third);
  assert.deepEqual(complaints, []);
});

// ── When a session ends ──

test("the access token expires and nothing renews it: listeners are told at that moment, and the claims are kept", async (t) => {
  const tab = await open(t);
  oidc.lifetime = 3;
  const withoutRefresh = config({ scope: "openid profile", tokenStore: "local" });
  await logIn(tab, withoutRefresh);
  const other = await tab.another();
  for (const one of [tab, other]) await listen(one, withoutRefresh);
  for (const one of [tab, other]) {
    assert.deepEqual(await heard(one, 1), [{ status: "expired", sub: "ada", token: "no_session" }]);
    const { status, claims, expiresAt } = await one.session(withoutRefresh);
    assert.deepEqual([status, claims.name], ["expired", "Ada Lovelace"]);
    assert(Date.now() / 1000 >= expiresAt);
  }
  assert.equal(refreshes().length, 0);
});

// ── Messages between tabs ──

test("login, another user's login and logout in one tab show in those that share the store, and in no other", needs("cookies"), async (t) => {
  const tab = await open(t);
  const [sharing, other] = [await tab.another(), await tab.another()];
  await listen(sharing, local);
  await listen(other, byDefault);

  await logIn(tab, local);
  await heard(sharing, 1);
  // Otherwise the server knows the user, and asks whether to log that user out.
  await tab.page.context().clearCookies();
  await logIn(tab, local, "grace");
  await heard(sharing, 2);
  assert.equal((await sharing.session(local)).claims.name, "Grace Hopper");
  await tab.run((config) => app.logOut(config, { redirect: false }), local);

  const [ada, grace] = (await issued(2)).map(({ access_token }) => access_token);
  assert.deepEqual(await heard(sharing, 3), [
    { status: "signed-in", sub: "ada", token: ada },
    { status: "signed-in", sub: "grace", token: grace },
    { status: "signed-out", sub: undefined, token: "no_session" },
  ]);
  assert.deepEqual(await sharing.session(local), { ...signedOut, endedBy: "another-tab" });
  assert.equal(refreshes().length, 0);

  // Every tab received the last message, and so the library's own messages before it.
  const told = await messages(other, 3);
  assert.deepEqual(await heard(other, 0), []);
  assert.deepEqual(await other.session(byDefault), signedOut);
  const [key] = new Set(told);
  assert.deepEqual(told, [key, key, key], "that something has changed, and nothing else");
  assert.match(key, /^wicketgate\.session\.[\w-]{43}$/);
});

test("no message to other tabs holds a token or a claim, whatever happens", async (t) => {
  const tab = await open(t);
  const listening = await tab.another();
  await listen(listening, byDefault);
  for (const kept of [local, byDefault]) {
    await logIn(tab, kept);
    await tab.accessToken(kept, { forceRefresh: true });
    await tab.run((config) => app.logOut(config, { redirect: false }), kept);
  }
  // The login, refresh and logout of the shared session. The client sends no messages about the tab's own session.
  const told = JSON.stringify(await messages(listening, 3));
  const tokens = (await issued(4)).flatMap(({ access_token, refresh_token, id_token }) => [access_token, refresh_token, id_token]);
  for (const secret of [...tokens, "eyJ", "ada"]) assert(!told.includes(secret), `${secret} in ${told}`);
  assert.equal(JSON.parse(told).length, 3);
});

test("a session of its own: what one tab does shows in no other", async (t) => {
  const tab = await open(t);
  await logIn(tab, byDefault);
  const another = await tab.another();
  await logIn(another, byDefault);
  const token = await another.accessToken(byDefault);
  await tab.run((config) => app.logOut(config, { redirect: false }), byDefault);
  assert.deepEqual(await tab.session(byDefault), { ...signedOut, endedBy: "logout" });
  assert.equal(await another.accessToken(byDefault), token);
  await another.page.reload();
  await another.ready();
  assert.equal((await another.session(byDefault)).status, "signed-in");
});

// ── The back button ──

for (const [name, kept] of Object.entries({ "the default": byDefault, local })) {
  test(`${name}: back after a logout: the page that comes back alive shows nobody`, async (t) => {
    const living = await launchBrowser({ keepsPages: true });
    t.after(() => living.close());
    const tab = await open(t, undefined, living);
    await logIn(tab, kept);
    await listen(tab, kept);
    // The browser does not keep a page that has not finished loading.
    await tab.page.waitForFunction(() => document.readyState === "complete");
    await tab.evaluate(() => (window.alive = true));
    await tab.visit("/elsewhere");
    assert.equal((await tab.session(kept)).status, "signed-in");
    await tab.run((config) => app.logOut(config, { redirect: false }), kept);
    await tab.back();
    await tab.page.waitForFunction(() => window.app && location.pathname !== "/elsewhere", undefined, { polling: 50 });
    const isAlive = await tab.evaluate(() => window.alive === true);
    t.diagnostic(isAlive ? "alive" : "loaded anew");
    if (kept === byDefault) assert(isAlive, "nothing of the library's keeps a page from being kept");
    if (isAlive) assert.deepEqual(await heard(tab, 1), [{ status: "signed-out", sub: undefined, token: "no_session" }]);
    assert.equal((await tab.session(kept)).status, "signed-out");
    await assert.rejects(tab.accessToken(kept), { code: "no_session" });
    // Firefox also restores the store, and keeps that content.
    await tab.visit("/again");
    assert.deepEqual(await tab.session(kept), signedOut);
  });
}

// ── An IndexedDB that does not answer ──

for (const [name, kept] of Object.entries(keeping)) {
  test(`${name}: an IndexedDB that does not answer delays a login by seconds, and the session is in memory`, needs("early scripts"), async (t) => {
    // As Safari was seen to do: neither event follows.
    const silence = () => (IDBFactory.prototype.open = () => new EventTarget());
    const tab = await open(t, (context) => context.addInitScript(silence));
    await tab.begin(kept, { prompt: "consent" });
    await tab.answer("Allow");
    const start = performance.now();
    const { session } = await tab.handle(kept);
    assert(performance.now() - start < 8000, "it settles");
    assert.equal(session.status, "signed-in");
    const token = await tab.accessToken(kept);
    assert.notEqual(await tab.accessToken(kept, { forceRefresh: true }), token);
    await tab.page.reload();
    await tab.ready();
    assert.deepEqual(await tab.session(kept), signedOut);
    const keys = Object.values(await stores(tab)).flatMap(Object.keys);
    assert(!keys.some((key) => key.startsWith("wicketgate.session.")), "and nothing of it is stored");
  });
}

// ── Without a way to seal ──

for (const [name, remove] of [
  ["IndexedDB", () => Object.defineProperty(window, "indexedDB", { value: undefined })],
  ["crypto.subtle", () => Object.defineProperty(crypto, "subtle", { value: undefined })],
]) {
  test(`without ${name} the default is memory, and who asks for a store is told`, needs("early scripts"), async (t) => {
    const tab = await open(t, (context) => context.addInitScript(remove));
    // Signatures need crypto.subtle, too; another test covers them.
    const trusting = { idTokenSignature: "trust-tls" };
    for (const tokenStore of ["session", "local"]) {
      const kept = config({ ...trusting, tokenStore });
      const refused = tab.run((config) => app.outcome(() => app.ready(config)), kept);
      await assert.rejects(refused, { code: "unsupported_environment", message: /tokenStore/ });
    }
    const { session } = await logIn(tab, config(trusting));
    assert.equal(session.status, "signed-in");
    const token = await tab.accessToken(config(trusting));
    assert.notEqual(await tab.accessToken(config(trusting), { forceRefresh: true }), token);
    const left = await stores(tab);
    assert.deepEqual(sessionsIn(left), []);
    for (const { access_token } of await issued(2)) assert(!JSON.stringify(left).includes(access_token));
    await tab.page.reload();
    await tab.ready();
    assert.deepEqual(await tab.session(config(trusting)), signedOut);
  });
}

// ── Without messages between tabs ──

test("without BroadcastChannel the store's own events are heard all the same, and nothing is complained of", needs("early scripts"), async (t) => {
  const tab = await open(t, (context) => context.addInitScript(() => delete window.BroadcastChannel));
  const other = await tab.another();
  const complaints = [noise(tab), noise(other)];
  await other.evaluate(async (config) => {
    window.heard = [];
    (await app.client(config)).subscribe(({ status }) => window.heard.push(status));
  }, local);
  await logIn(tab, local);
  assert.deepEqual(await heard(other, 1), ["signed-in"]);
  await tab.run((config) => app.logOut(config, { redirect: false }), local);
  assert.deepEqual(await heard(other, 2), ["signed-in", "signed-out"]);
  assert.deepEqual(complaints, [[], []]);
});
