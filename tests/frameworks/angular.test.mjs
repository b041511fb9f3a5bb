// Angular's adapter where a test in a browser sees too little: signals, the guard's answers, the interceptor, an app without a
// window.
import "@angular/compiler";
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { settle, signedIn, signedOut, standIn, startPage } from "./stand-in.mjs";

startPage("https://app.example/");
for (const name of ["NodeFilter", "MutationObserver", "CustomEvent"]) globalThis[name] ??= window[name];
const { HttpClient, HttpContext, provideHttpClient, withInterceptors } = await import("@angular/common/http");
const { APP_BASE_HREF } = await import("@angular/common");
const { ApplicationRef, Component, effect, EnvironmentInjector, provideZonelessChangeDetection, runInInjectionContext } = await import("@angular/core");
const { createApplication } = await import("@angular/platform-browser");
const { provideRouter, Router } = await import("@angular/router");
const { authGuard, authInterceptor, AuthService, provideAuth, withoutAuth } = await import("wicketgate/angular");

class Page {}
Component({ selector: "a-page", template: "" })(Page);
const routes = [
  { path: "", component: Page },
  { path: "failed", component: Page },
  { path: "account", component: Page, canActivate: [authGuard] },
];

const apps = [];
afterEach(() => apps.splice(0).forEach((app) => app.destroy()));

/** An app at `url`, without any component on the page. */
async function start(client, { url = "https://app.example/", base = "/", ...options } = {}) {
  startPage(url);
  document.head.innerHTML = `<base href="${base}">`;
  const app = await createApplication({
    // Angular reads the element only once in a process.
    providers: [{ provide: APP_BASE_HREF, useValue: base }, provideZonelessChangeDetection(), provideRouter(routes), provideAuth(client, options), provideHttpClient(withInterceptors([authInterceptor]))],
  });
  apps.push(app);
  const { injector } = app;
  const state = (url) => ({ url });
  return {
    injector,
    auth: injector.get(AuthService),
    router: injector.get(Router),
    http: injector.get(HttpClient),
    guard: (url) => runInInjectionContext(injector.get(EnvironmentInjector), () => authGuard({}, state(url))),
  };
}

const failure = (code, members) => Object.assign(new Error("no"), { name: "WicketgateError", code, hint: "", ...members });

test("Angular: signals follow the session, and effects with them", async () => {
  const client = standIn({ session: signedIn });
  const { auth, injector } = await start(() => client);
  await settle();
  assert.deepEqual([auth.status(), auth.isSignedIn(), auth.session()], ["signed-in", true, signedIn]);
  const seen = [];
  effect(() => void seen.push(auth.status()), { injector });
  injector.get(ApplicationRef).tick();
  client.become(signedOut);
  injector.get(ApplicationRef).tick();
  assert.deepEqual([seen, auth.client()], [["signed-in", "signed-out"], client]);
});

test("Angular: the app starts at the redirect URI when the page is where the login was to lead", async () => {
  const client = standIn({ callback: async () => (await settle(), { returnTo: "/app/account?a=1" }) });
  const { router } = await start(() => client, { url: "https://app.example/app/callback?code=c&state=s", base: "/app/" });
  assert.deepEqual([location.href, router.navigated, client.calls], ["https://app.example/app/account?a=1", false, ["handleCallback"]]);
});

test("Angular: the guard lets pass who is signed in, and begins a login that comes back below the base", async () => {
  const client = standIn();
  const { guard } = await start(() => client, { base: "/app/" });
  let passed = false;
  void guard("/account?a=1#b").then(() => (passed = true));
  await settle();
  assert.deepEqual([passed, client.calls], [false, [["beginLogin", { returnTo: "/app/account?a=1#b" }]]]);
  client.become(signedIn);
  assert.equal(await guard("/account"), true);
});

test("Angular: after a failure the guard leads to the page that shows it, and rejects where that is the guarded one", async () => {
  const denied = failure("authorization_failed", { returnTo: "/account" });
  const client = standIn({ callback: () => Promise.reject(denied) });
  const { guard, router, auth } = await start(() => client, { url: "https://app.example/callback?error=access_denied", errorPage: "/failed" });
  assert.deepEqual([auth.error(), location.pathname], [denied, "/account"]);
  assert.equal(router.serializeUrl(await guard("/account")), "/failed");
  await assert.rejects(guard("/failed"), denied);
  assert.deepEqual(client.calls, ["handleCallback"]);
});

test("Angular: a session that ends or expires at a guarded page begins a login, and none at another", async () => {
  const client = standIn({ session: signedIn });
  const { router } = await start(() => client);
  await router.navigateByUrl("/failed");
  client.become(signedOut);
  await settle();
  assert.deepEqual(client.calls, []);
  for (const over of [signedOut, { ...signedIn, status: "expired" }]) {
    client.become(signedIn);
    await router.navigateByUrl("/account");
    client.beginLogin = async (options) => void client.calls.push(["beginLogin", options]);
    client.become(over);
    await settle();
  }
  assert.deepEqual(client.calls, [["beginLogin", {}], ["beginLogin", {}]]);
});

/** The results of `http.get` and the like, and the requests that the client and the page's own backend received. */
function traffic(client, answer = () => Response.json({ ok: true })) {
  const sent = [];
  client.fetch = async (url, init) => {
    if (!String(url).startsWith("https://api.example/")) throw failure("origin_not_allowed");
    sent.push({ url: String(url), ...init });
    return answer();
  };
  return sent;
}
const result = (observable) => new Promise((resolve, reject) => observable.subscribe({ next: resolve, error: reject }));

test("Angular: a request to an allowed origin goes through the client, with method, body and headers", async () => {
  const client = standIn({ session: signedIn });
  const sent = traffic(client);
  const { http } = await start(() => client);
  const body = await result(http.post("https://api.example/orders", { a: 1 }, { params: { q: "x y" }, headers: { "x-own": "1" } }));
  assert.deepEqual(body, { ok: true });
  const [{ url, method, headers, body: given }] = sent;
  assert.deepEqual([url, method, given], ["https://api.example/orders?q=x%20y", "POST", '{"a":1}']);
  assert.deepEqual([headers.get("content-type"), headers.get("x-own"), headers.get("accept")], ["application/json", "1", "application/json, text/plain, */*"]);
});

test("Angular: each type of response, and an answer that is none of it", async () => {
  const client = standIn({ session: signedIn });
  let answer = () => new Response(")]}',\n[1]");
  traffic(client, () => answer());
  const { http } = await start(() => client);
  const url = "https://api.example/";
  assert.deepEqual(await result(http.get(url)), [1]);
  assert.equal(await result(http.get(url, { responseType: "text" })), ")]}',\n[1]");
  assert.equal((await result(http.get(url, { responseType: "arraybuffer" }))).byteLength, 9);
  answer = () => new Response("");
  assert.equal(await result(http.get(url)), null);
  answer = () => new Response("<p>");
  await assert.rejects(result(http.get(url)), ({ status, error }) => status === 200 && error.text === "<p>");
  answer = () => Response.json({ error: "no" }, { status: 403, headers: { "x-id": "7" } });
  await assert.rejects(result(http.get(url)), ({ status, error, headers }) => status === 403 && error.error === "no" && headers.get("x-id") === "7");
  client.fetch = async () => { throw new TypeError("Failed to fetch"); };
  await assert.rejects(result(http.get(url)), ({ status, name }) => status === 0 && name === "HttpErrorResponse");
  client.fetch = async () => { throw failure("session_ended"); };
  await assert.rejects(result(http.get(url)), { code: "session_ended" });
});

test("Angular: what may not have the token goes on as it is: other origins, nobody signed in, a header of its own, a context", async (t) => {
  const client = standIn({ session: signedIn });
  const sent = traffic(client);
  const own = [];
  const { http, auth } = await start(() => client);
  await settle();
  // The page's own backend, which fails without a network.
  globalThis.XMLHttpRequest = class { open(_, url) { own.push(url); throw new Error("own"); } };
  t.after(() => delete globalThis.XMLHttpRequest);
  const pass = (...options) => assert.rejects(result(http.get(...options)));
  await pass("https://other.example/");
  await pass("/assets/a.json");
  await pass("https://api.example/1", { headers: { authorization: "Basic x" } });
  await pass("https://api.example/2", { context: new HttpContext().set(withoutAuth, true) });
  client.become(signedOut);
  assert.equal(auth.status(), "signed-out");
  await pass("https://api.example/3");
  assert.deepEqual([own, sent], [["https://other.example/", "/assets/a.json", ...[1, 2, 3].map((n) => `https://api.example/${n}`)], []]);
});

test("Angular: a request that nobody waits for any more is aborted", async () => {
  const client = standIn({ session: signedIn });
  let signal;
  client.fetch = (_, init) => ((signal = init.signal), new Promise(() => {}));
  const { http } = await start(() => client);
  const subscription = http.get("https://api.example/").subscribe();
  await settle();
  subscription.unsubscribe();
  assert.equal(signal.aborted, true);
});

test("Angular: nothing is listened to after the app's end", async () => {
  const client = standIn({ session: signedIn });
  await start(() => client);
  await settle();
  assert.equal(client.listeners.size, 1);
  apps.splice(0).forEach((app) => app.destroy());
  assert.equal(client.listeners.size, 0);
});
