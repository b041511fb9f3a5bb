// Vue's adapter where a test in a browser sees too little: one exchange, server rendering, subscriptions, guards.
import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, signedIn, signedOut, standIn, startPage } from "./stand-in.mjs";

startPage("https://app.example/");
const { createApp, createSSRApp, h } = await import("vue");
const { renderToString } = await import("vue/server-renderer");
const { createAuth, RequireAuth, useAuth } = await import("wicketgate/vue");

const Status = {
  setup() {
    const { status, error } = useAuth();
    return () => (error.value ? `error ${error.value.summary}` : status.value);
  },
};
const Twice = { render: () => [h(Status), h(Status)] };

async function mount(auth) {
  const container = document.createElement("div");
  const app = createApp(Twice).use(auth);
  app.mount(container);
  await settle();
  return { app, container };
}

/** The part of Vue Router that the adapter uses; tests/examples drives its real guards. */
function router(base = "") {
  const routes = [];
  const router = {
    routes,
    addRoute: (route) => routes.push(route),
    getRoutes: () => routes,
    options: { history: { base } },
    currentRoute: { value: { fullPath: "/", meta: {} } },
    went: [],
    guards: [],
    beforeEach: (guard) => router.guards.push(guard),
    replace: (path) => router.went.push(path),
  };
  return router;
}
const account = { fullPath: "/account?a=1", meta: { requiresAuth: true } };

test("Vue: one client, one exchange, and back below the router's base", async () => {
  const client = standIn({ callback: async () => ({ returnTo: "/app/account" }) });
  let made = 0;
  const to = router("/app");
  const { container } = await mount(createAuth(async () => (made++, client), { router: to }));
  assert.equal(container.textContent, "signed-insigned-in");
  assert.deepEqual([made, client.calls, to.went], [1, ["handleCallback"], ["/account"]]);
});

test("Vue: the guard asks for a session where the route wants one, and comes back to it", async () => {
  const client = standIn();
  const to = router("/app");
  createAuth(client, { router: to });
  const [guard] = to.guards;
  assert.equal(await guard({ fullPath: "/", meta: {} }), true);
  let passed;
  guard(account).then((value) => (passed = value));
  await settle();
  assert.equal(passed, undefined);
  assert.deepEqual(client.calls, [["beginLogin", { returnTo: "/app/account?a=1" }]]);
});

test("Vue: a session that ends at a guarded page begins a login, and none at another", async () => {
  const client = standIn({ session: signedIn });
  const to = router();
  const { container } = await mount(createAuth(client, { router: to }));
  client.become(signedOut);
  await settle();
  assert.deepEqual([container.textContent, client.calls], ["signed-outsigned-out", []]);
  client.become(signedIn);
  to.currentRoute.value = account;
  client.become(signedOut);
  await settle();
  assert.deepEqual(client.calls, [["beginLogin", { returnTo: "/account?a=1" }]]);
});

test("Vue: an expired session is gone for a guarded page", async () => {
  const client = standIn({ session: signedIn });
  const to = router();
  to.currentRoute.value = account;
  await mount(createAuth(client, { router: to }));
  client.become({ ...signedIn, status: "expired" });
  await settle();
  assert.deepEqual(client.calls, [["beginLogin", { returnTo: "/account?a=1" }]]);
});

test("Vue: a denial leads to the page that shows it, and a guard of that page rejects", async () => {
  const denied = Object.assign(new Error("no"), { name: "WicketgateError", code: "authorization_failed", hint: "", returnTo: "/app/account" });
  const client = standIn({ callback: () => Promise.reject(denied) });
  const to = router("/app");
  await mount(createAuth(client, { router: to, errorPage: "/failed" }));
  assert.deepEqual(to.went, ["/account"]);
  const [guard] = to.guards;
  assert.equal(await guard(account), "/failed");
  await assert.rejects(guard({ ...account, fullPath: "/failed" }), denied);
  assert.deepEqual(client.calls, ["handleCallback"]);
});

test("Vue: a router in the fragment gets the route that is there, and a login comes back to it", async (t) => {
  history.replaceState(null, "", "/callback?code=c&state=s");
  t.after(() => history.replaceState(null, "", "/"));
  const client = standIn({ callback: async () => ({ returnTo: "/app/#/account" }) });
  // The route that Vue Router makes of the address at its creation.
  const to = router("/callback?code=c&state=s#");
  const auth = createAuth(client, { router: to });
  assert.match(location.href, /code=c/, "the response is still there for the client");
  await mount(auth);
  assert.deepEqual([to.went, location.href, to.routes], [["/account"], "https://app.example/app/#/account", []]);
  client.become(signedOut);
  void to.guards[0](account);
  await settle();
  assert.deepEqual(client.calls.at(-1), ["beginLogin", { returnTo: "/app/#/account?a=1" }]);
});

test("Vue: the redirect URI is a route, so that the router has nothing to warn of", (t) => {
  history.replaceState(null, "", "/app/callback?code=c&state=s");
  t.after(() => history.replaceState(null, "", "/"));
  const paths = (to) => (createAuth(standIn(), { router: to }), to.routes.map(({ path }) => path));
  assert.deepEqual(paths(router("/app")), ["/callback"]);
  const own = router("/app");
  own.addRoute({ path: "/callback" });
  assert.deepEqual(paths(own), ["/callback"]);
  history.replaceState(null, "", "/app/other");
  assert.deepEqual(paths(router("/app")), []);
});

async function mountGuarded(client, slots) {
  const container = document.createElement("div");
  const app = createApp({ render: () => h(RequireAuth, null, slots) }).use(createAuth(client));
  app.config.errorHandler = (error) => (container.caught = error);
  app.mount(container);
  await settle();
  return container;
}

test("Vue: RequireAuth shows its page to those who are signed in, and sends others to the login", async () => {
  const client = standIn({ session: signedIn });
  const container = await mountGuarded(client, { default: () => "secret", fallback: () => "wait" });
  assert.equal(container.textContent, "secret");
  client.become(signedOut);
  await settle();
  assert.deepEqual([container.textContent, client.calls], ["wait", [["beginLogin", {}]]]);
});

test("Vue: RequireAuth shows what went wrong, and begins another login when told to", async () => {
  const client = standIn();
  client.beginLogin = () => Promise.reject(Object.assign(new Error("no"), { name: "WicketgateError", code: "storage_unavailable" }));
  let again;
  const error = (slot) => ((again = slot.again), `failed ${slot.error.code}`);
  const container = await mountGuarded(client, { default: () => "secret", fallback: () => "wait", error });
  assert.equal(container.textContent, "failed storage_unavailable");
  client.beginLogin = () => new Promise(() => {});
  again();
  await settle();
  assert.equal(container.textContent, "wait");
});

test("Vue: without a slot for it RequireAuth throws what went wrong", async () => {
  const { caught } = await mountGuarded(() => Promise.reject(new Error("offline")), { default: () => "secret" });
  assert.equal(caught.summary, "offline");
});

test("Vue: a failure is in `error`", async () => {
  const { container } = await mount(createAuth(() => Promise.reject(new Error("offline"))));
  assert.equal(container.textContent, "error offlineerror offline");
});

test("Vue: nothing is listened to after the unmount", async () => {
  const client = standIn({ session: signedIn });
  const { app } = await mount(createAuth(client));
  assert.equal(client.listeners.size, 1);
  app.unmount();
  assert.equal(client.listeners.size, 0);
});

test("Vue: a component without the plugin says so", () => {
  const app = createApp(Status);
  app.config.warnHandler = () => {};
  assert.throws(() => app.mount(document.createElement("div")), /no app\.use\(createAuth/);
});

test("Vue: a server renders, and makes no client", async () => {
  delete globalThis.window;
  let made = 0;
  const html = await renderToString(createSSRApp(Status).use(createAuth(() => (made++, standIn()))));
  assert.deepEqual([html, made], ["loading", 0]);
});
