// Vue's adapter where a browser is too coarse: one exchange, server rendering, subscriptions, guards.
import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, signedIn, signedOut, standIn, startPage } from "./stand-in.mjs";

startPage("https://app.example/");
const { createApp, createSSRApp, h } = await import("vue");
const { renderToString } = await import("vue/server-renderer");
const { createAuth, useAuth } = await import("wicketgate/vue");

const Status = {
  setup() {
    const { status, error } = useAuth();
    return () => (error.value ? `error ${error.value.message}` : status.value);
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

/** As much of Vue Router as the adapter asks for; its own guards are driven in tests/examples. */
function router(base = "") {
  const router = {
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
