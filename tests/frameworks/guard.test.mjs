// The code that the guards of all frameworks share, and how it is bundled.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { authStore } from "./node_modules/wicketgate/auth.js";
import { countLogin, forgetLogins } from "./node_modules/wicketgate/guard.js";
import { settle, signedIn, standIn, startPage } from "./stand-in.mjs";

function storage(kept) {
  const items = new Map(kept === undefined ? [] : [["wicketgate.guard", kept]]);
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
}
const failure = (code, members) => Object.assign(new Error("denied"), { name: "WicketgateError", code, hint: "", ...members });
const loop = { name: "WicketgateError", code: "redirect_loop", retryable: false };

test("a guard may begin three logins in a minute, and a fourth when the first is a minute ago", () => {
  const kept = storage();
  for (const now of [100, 110, 120]) countLogin(kept, now);
  assert.throws(() => countLogin(kept, 130), loop);
  assert.throws(() => countLogin(kept, 159), loop);
  countLogin(kept, 160);
  assert.throws(() => countLogin(kept, 169), loop);
});

test("a session in between begins the count anew", () => {
  const kept = storage();
  for (const now of [100, 101, 102]) countLogin(kept, now);
  forgetLogins(kept);
  countLogin(kept, 103);
});

test("a clock that is put back locks nobody out", () => {
  const kept = storage();
  for (const now of [1000, 1001, 1002, 100]) countLogin(kept, now);
});

for (const garbage of ["", "{", "null", "{}", '["x",null,{}]', '"1,2,3"']) {
  test(`what is kept and no count, ${garbage || "nothing"}, counts for nothing`, () => {
    const kept = storage(garbage);
    for (const now of [1, 2, 3]) countLogin(kept, now);
    assert.throws(() => countLogin(kept, 4), loop);
  });
}

test("the guard lets pass who is signed in", async () => {
  startPage("https://app.example/account");
  sessionStorage.setItem("wicketgate.guard", "[1]");
  const client = standIn({ session: signedIn });
  await authStore(client).require();
  assert.deepEqual(client.calls, []);
  assert.equal(sessionStorage.getItem("wicketgate.guard"), null, "and forgets the logins before");
});

test("guards that ask at the same time begin one login, and go on with none", async () => {
  startPage("https://app.example/account");
  const client = standIn();
  const store = authStore(() => client, { login: { prompt: "consent" } });
  let passed = 0;
  for (let guard = 0; guard < 3; guard++) store.require("/account").then(() => passed++);
  await settle();
  assert.deepEqual(client.calls, [["beginLogin", { prompt: "consent", returnTo: "/account" }]]);
  assert.equal(passed, 0);
  assert.equal(store.snapshot().status, "loading", "the page is about to be left");
});

test("a guard does not go on because the page is still there after the login has begun", async () => {
  startPage("https://app.example/account");
  const client = standIn();
  client.beginLogin = async () => {};
  let passed = false;
  authStore(client).require().then(() => (passed = true));
  await settle();
  assert.equal(passed, false);
});

test("a guard that is asked by the router on the way back does not wait for itself", async () => {
  startPage("https://app.example/callback?code=c");
  const client = standIn({ callback: async () => ({ returnTo: "/account" }) });
  const store = authStore(() => client, { navigate: (path) => (went.push(path), store.require(path)) });
  const went = [];
  await store.ready();
  assert.deepEqual(went, ["/account"]);
  assert.deepEqual(client.calls, ["handleCallback"]);
  assert.equal(store.snapshot().status, "signed-in");
});

test("the status does not say signed-in before the router is where the login was begun", async () => {
  startPage("https://app.example/callback?code=c");
  const seen = [];
  const client = standIn({ callback: async () => ({ returnTo: "/account", appState: 7 }) });
  let arrive;
  const store = authStore(client, {
    navigate: () => new Promise((resolve) => (arrive = resolve)),
    onReturn: ({ appState }) => seen.push(appState),
  });
  store.subscribe(() => seen.push(store.snapshot().status));
  await settle();
  assert(!seen.includes("signed-in"));
  arrive();
  await settle();
  assert.deepEqual([seen.filter((status) => status !== "loading")], [[7, "signed-in"]]);
});

test("without a router the address becomes that where the login was begun", async () => {
  startPage("https://app.example/callback?code=c");
  await authStore(standIn({ callback: async () => ({ returnTo: "/account?a=1#b" }) })).ready();
  assert.equal(location.href, "https://app.example/account?a=1#b");
});

test("a failed callback is in `error`, and no guard begins a login before somebody wants one", async () => {
  startPage("https://app.example/callback?error=access_denied");
  const denied = failure("authorization_failed");
  const client = standIn({ callback: () => Promise.reject(denied) });
  const store = authStore(() => client);
  await store.ready();
  assert.deepEqual([store.snapshot().status, store.snapshot().error], ["signed-out", denied]);
  await assert.rejects(store.require(), denied);
  void store.snapshot().login();
  assert.equal(store.snapshot().error, undefined);
  await settle();
  assert.deepEqual(client.calls, ["handleCallback", ["beginLogin", {}]]);
});

test("a failed callback leads to where the login was to lead, and a guard there begins no other", async () => {
  startPage("https://app.example/callback?error=access_denied&state=s");
  const denied = failure("authorization_failed", { returnTo: "/account?a=1#b", verified: false });
  const client = standIn({ callback: () => Promise.reject(denied) });
  const store = authStore(client);
  await store.ready();
  assert.equal(location.href, "https://app.example/account?a=1#b");
  assert.deepEqual([store.snapshot().error, store.isAtCallback()], [denied, false]);
  await assert.rejects(store.require(), denied);
  assert.deepEqual(client.calls, ["handleCallback"]);
});

for (const [where, options, base] of [["/", {}], ["/app/", { home: "/app/" }], ["/below/", {}, "/below/"]]) {
  test(`a failed callback of which nobody knows where it was to lead does not stay at the redirect URI: ${where}`, async () => {
    startPage("https://app.example/callback?error=access_denied");
    if (base) document.head.innerHTML = `<base href="${base}">`;
    const client = standIn({ callback: () => Promise.reject(failure("transaction_not_found")) });
    await authStore(client, options).ready();
    assert.equal(location.pathname, where);
  });
}

test("from the page that shows a failure the next login leads to where the user wanted to go, and from another to that one", async () => {
  startPage("https://app.example/callback?error=access_denied&state=s");
  const client = standIn({ callback: () => Promise.reject(failure("authorization_failed", { returnTo: "/account" })) });
  const store = authStore(client, { errorPage: "/failed" });
  await store.ready();
  await store.navigate("/failed");
  void store.snapshot().login();
  await settle();
  assert.deepEqual(client.calls.at(-1), ["beginLogin", { returnTo: "/account" }]);

  startPage("https://app.example/account");
  const other = standIn();
  other.beginLogin = (options) => (other.calls.push(options), Promise.reject(failure("storage_unavailable")));
  const second = authStore(other);
  await assert.rejects(second.require("/account?tab=2"));
  await second.navigate("/");
  await assert.rejects(second.snapshot().login());
  await assert.rejects(second.require("/account"));
  await second.navigate("/elsewhere");
  await assert.rejects(second.snapshot().login());
  assert.deepEqual(other.calls, [{ returnTo: "/account?tab=2" }, { returnTo: "/account?tab=2" }, {}]);
});

test("what the app's own function throws has a code and the cause, and keeps nobody at the redirect URI", async () => {
  startPage("https://app.example/callback?code=c");
  const own = new TypeError("not a function");
  const client = standIn({ callback: async () => ({ returnTo: "/account" }) });
  const store = authStore(client, { onReturn: () => { throw own; } });
  await store.ready();
  const { error, status } = store.snapshot();
  assert.deepEqual([error.code, error.summary, error.cause, status], ["invalid_option", "not a function", own, "signed-in"]);
  assert.deepEqual([location.pathname, store.isAtCallback()], ["/account", false]);
});

test("every router that follows the address hears where the login leads: popstate, and hashchange where that changes", async () => {
  startPage("https://app.example/callback?code=c&state=s");
  const heard = [];
  for (const type of ["popstate", "hashchange"]) window.addEventListener(type, () => heard.push([type, location.href]));
  await authStore(standIn({ callback: async () => ({ returnTo: "/app/account" }) })).ready();
  assert.deepEqual(heard, [["popstate", "https://app.example/app/account"]]);

  startPage("https://app.example/callback?code=c&state=s");
  heard.length = 0;
  for (const type of ["popstate", "hashchange"]) window.addEventListener(type, () => heard.push([type, location.href]));
  await authStore(standIn({ callback: async () => ({ returnTo: "/#/account" }) })).ready();
  assert.deepEqual(heard, [["popstate", "https://app.example/#/account"], ["hashchange", "https://app.example/#/account"]]);
});

for (const [kind, returnTo, takes] of [
  ["below its base", "/app/account?a=1", (path) => "/app" + path],
  ["in the fragment", "/#/account", (path) => "#" + path],
  ["in the fragment, below the page's path", "/app/#/account", (path) => "#" + path],
]) {
  test(`a router whose paths are ${kind} leads to where the login was begun`, async () => {
    startPage("https://app.example/callback?code=c&state=s");
    const client = standIn({ callback: async () => ({ returnTo }) });
    await authStore(client, { navigate: (path) => history.replaceState(null, "", takes(path)) }).ready();
    assert.equal(location.href, "https://app.example" + returnTo);
  });
}

test("a route that leads on to another is left alone", async () => {
  startPage("https://app.example/callback?code=c&state=s");
  const client = standIn({ callback: async () => ({ returnTo: "/account" }) });
  await authStore(client, { navigate: () => history.replaceState(null, "", "/en/account") }).ready();
  assert.equal(location.pathname, "/en/account");
});

test("a guard lets an expired session not pass, and one that is stale", async () => {
  startPage("https://app.example/account");
  const client = standIn({ session: { ...signedIn, status: "expired" } });
  const store = authStore(client);
  await store.ready();
  assert.deepEqual([store.snapshot().status, store.snapshot().isSignedIn], ["expired", false]);
  void store.require();
  await settle();
  assert.deepEqual(client.calls, [["beginLogin", {}]]);
  client.become({ ...signedIn, status: "stale" });
  assert.equal(store.snapshot().isSignedIn, true);
});

test("another login that begins, and is called off, takes nothing away from who is signed in", async () => {
  startPage("https://app.example/account");
  const client = standIn({ session: signedIn });
  let stay;
  client.beginLogin = () => new Promise((_, reject) => (stay = reject));
  const store = authStore(client);
  await store.ready();
  const seen = [];
  store.subscribe(() => seen.push([store.snapshot().status, store.snapshot().isSignedIn]));
  const login = store.snapshot().login();
  await settle();
  stay(failure("navigation_cancelled"));
  await login;
  assert.deepEqual(seen, [["loading", true], ["signed-in", true]]);
  assert.equal(store.snapshot().error, undefined);
});

test("a logout that stays in a page without a router leads to the page for everyone", async () => {
  startPage("https://app.example/account");
  await authStore(standIn({ session: signedIn }), { home: "/app/" }).snapshot().logout();
  assert.equal(location.pathname, "/app/");
});

test("who is signed in passes, whatever became of another login", async () => {
  startPage("https://app.example/account");
  const client = standIn({ session: signedIn });
  client.beginLogin = () => Promise.reject(Object.assign(new Error("no"), { code: "invalid_option", summary: "no" }));
  const store = authStore(client);
  await assert.rejects(store.snapshot().login(), /no/);
  assert.equal(store.snapshot().error.summary, "no");
  await store.require();
});

test("where the client could not be made, `login()` has it made again", async () => {
  startPage("https://app.example/");
  const client = standIn();
  let attempts = 0;
  const store = authStore(async () => {
    if (!attempts++) throw new Error("offline");
    return client;
  });
  await store.ready();
  assert.equal(store.snapshot().error.summary, "offline");
  await assert.rejects(store.snapshot().accessToken(), /offline/);
  assert.equal(attempts, 1);
  void store.snapshot().login();
  await settle();
  assert.deepEqual([attempts, client.calls], [2, [["beginLogin", {}]]]);
});

test("who comes back from the login with the back button has made no mistake", async () => {
  startPage("https://app.example/");
  const client = standIn();
  client.beginLogin = () => Promise.reject(Object.assign(new Error(), { code: "navigation_cancelled" }));
  const store = authStore(client);
  await store.ready();
  await store.snapshot().login();
  assert.deepEqual([store.snapshot().status, store.snapshot().error], ["signed-out", undefined]);
});

test("a logout that stays in the page leaves the guarded one before it says signed-out", async () => {
  startPage("https://app.example/account");
  const client = standIn({ session: signedIn });
  const seen = [];
  const store = authStore(client, { navigate: (path) => void seen.push(path) });
  store.subscribe(() => seen.push(store.snapshot().status));
  await store.ready();
  await store.snapshot().logout({ redirect: false });
  assert.deepEqual(client.calls, [["logout", { redirect: false }]]);
  assert.deepEqual(seen, ["signed-in", "loading", "loading", "/", "signed-out"]);
});

test("the snapshot is the same object until something changes", async () => {
  startPage("https://app.example/");
  const client = standIn({ session: signedIn });
  const store = authStore(client);
  await store.ready();
  const before = store.snapshot();
  assert.equal(store.snapshot(), before);
  client.become({ ...signedIn, expiresAt: 1 });
  assert.notEqual(store.snapshot(), before);
  assert.equal(store.snapshot().login, before.login, "and its functions always");
});

test("a guard on a server says what to do", async () => {
  delete globalThis.window;
  let made = 0;
  const store = authStore(() => (made++, standIn()));
  store.subscribe(() => {})();
  await assert.rejects(store.require(), { code: "unsupported_environment" });
  assert.deepEqual([made, store.snapshot().status, store.snapshot().error], [0, "loading", undefined]);
});

test("an adapter brings neither the module nor a second copy of what they share", () => {
  for (const file of ["react", "vue", "svelte", "solid"]) {
    const script = readFileSync(new URL(`./node_modules/wicketgate/${file}.js`, import.meta.url), "utf8");
    const imports = [...script.matchAll(/from "([^"]+)"/g)].map(([, name]) => name);
    assert(imports.includes("./auth.js"), file);
    const shared = ["./auth.js", "./guard.js"];
    assert.deepEqual(imports.filter((name) => name.startsWith(".") && !shared.includes(name)), [], file);
    assert(script.length < 5000, `${file} is ${script.length} bytes`);
  }
});
