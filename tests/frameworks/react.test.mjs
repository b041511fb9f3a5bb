// React's adapter where a test in a browser sees too little: StrictMode, server rendering, Suspense, subscriptions.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { settle, signedIn, signedOut, standIn, startPage } from "./stand-in.mjs";

startPage("https://app.example/");
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const { Component, StrictMode, Suspense, act, createElement: h, startTransition, useState } = await import("react");
const { createRoot, hydrateRoot } = await import("react-dom/client");
const { renderToString } = await import("react-dom/server");
const { authStore } = await import("./node_modules/wicketgate/auth.js");
const { AuthProvider, RequireAuth, useAccessToken, useAuth, useSuspenseAuth } = await import("wicketgate/react");

const roots = [];
afterEach(() => act(() => roots.splice(0).forEach((root) => root.unmount())));

async function mount(tree) {
  const container = document.createElement("div");
  const root = createRoot(container);
  roots.push(root);
  await act(async () => (root.render(tree), await settle()));
  return { container, root };
}

function Status() {
  const { status, error } = useAuth();
  return error ? `error ${error.summary}` : status;
}

class Boundary extends Component {
  state = {};
  static getDerivedStateFromError = (error) => ({ error });
  render = () => (this.state.error ? `caught ${this.state.error.summary ?? this.state.error.message}` : this.props.children);
}

test("React: StrictMode mounts twice, and there is one client, one exchange, one way back", async () => {
  const went = [];
  let made = 0;
  const client = standIn({ callback: async () => ({ returnTo: "/account" }) });
  const source = async () => (made++, client);
  const props = { client: source, navigate: (path, options) => went.push([path, options]) };
  const { container } = await mount(h(StrictMode, null, h(AuthProvider, props, h(Status), h(Status))));
  assert.equal(container.textContent, "signed-insigned-in");
  assert.deepEqual([made, client.calls, went], [1, ["handleCallback"], [["/account", { replace: true }]]]);
});

test("React: the same with a function that is a new one at each render", async () => {
  let made = 0;
  const App = () => h(AuthProvider, { client: async () => (made++, standIn({ session: signedIn })) }, h(Status));
  const { container, root } = await mount(h(StrictMode, null, h(App)));
  await act(async () => (root.render(h(StrictMode, null, h(App))), await settle()));
  assert.deepEqual([container.textContent, made], ["signed-in", 1]);
});

test("React: the provider finishes a login whether or not anything below follows the session", async () => {
  const went = [];
  const client = standIn({ callback: async () => ({ returnTo: "/account" }) });
  const props = { client: () => client, navigate: (path) => went.push(path) };
  await mount(h(StrictMode, null, h(AuthProvider, props, "a page")));
  assert.deepEqual([client.calls, went], [["handleCallback"], ["/account"]]);
});

test("React: no router looks at the redirect URI: its children come when the page is where the login was begun", async (t) => {
  history.replaceState(null, "", "/callback?code=c&state=s");
  t.after(() => history.replaceState(null, "", "/"));
  const looked = [];
  const Router = () => (looked.push(location.href), "page");
  const client = standIn({ callback: async () => (await settle(), { returnTo: "/account" }) });
  const { container } = await mount(h(StrictMode, null, h(AuthProvider, { client, fallback: "wait" }, h(Router))));
  assert.equal(container.textContent, "wait");
  await act(settle);
  assert.equal(container.textContent, "page");
  assert.deepEqual([...new Set(looked)], ["https://app.example/account"]);
});

test("React: a denial leads back to the guarded page, which says so by itself; the next login clears it", async (t) => {
  history.replaceState(null, "", "/callback?error=access_denied&state=s");
  t.after(() => history.replaceState(null, "", "/"));
  const denied = Object.assign(new Error("no"), { name: "WicketgateError", code: "authorization_failed", hint: "", returnTo: "/account" });
  const client = standIn({ callback: () => Promise.reject(denied) });
  let again;
  const error = (error, retry) => ((again = retry), `failed ${error.code}`);
  const { container } = await mount(h(AuthProvider, { client }, h(RequireAuth, { fallback: "wait", error }, "secret")));
  assert.deepEqual([container.textContent, location.pathname, client.calls], ["failed authorization_failed", "/account", ["handleCallback"]]);
  await act(async () => (again(), await settle()));
  assert.deepEqual([container.textContent, client.calls.at(-1)], ["wait", ["beginLogin", {}]]);
});

test("React: what stands in `error` may be an element", async () => {
  const client = () => Promise.reject(new Error("offline"));
  const { container } = await mount(h(AuthProvider, { client }, h(RequireAuth, { error: h("p", null, "sorry") }, "secret")));
  assert.equal(container.innerHTML, "<p>sorry</p>");
});

test("React: a guarded page stays, with what was typed, while another login begins; also one that waits", async () => {
  const client = standIn({ session: signedIn });
  let login;
  const Form = () => (({ login } = useAuth()), h("input"));
  const Name = () => useSuspenseAuth().session.claims.sub;
  const tree = h(Suspense, { fallback: "wait" }, h(AuthProvider, { client }, h(RequireAuth, null, h(Form), h(Name))));
  const { container } = await mount(tree);
  const [input] = container.children;
  await act(async () => (void login(), await settle()));
  assert.deepEqual([client.calls, container.textContent], [[["beginLogin", {}]], "ada"]);
  assert.equal(container.children[0], input);
});

test("React: an expired session is gone for a guard, which begins a login", async () => {
  const client = standIn({ session: signedIn });
  const { container } = await mount(h(AuthProvider, { client }, h(RequireAuth, { fallback: "wait" }, "secret"), h(Status)));
  await act(async () => (client.become({ ...signedIn, status: "expired" }), await settle()));
  assert.equal(container.textContent, "waitloading");
  assert.deepEqual(client.calls, [["beginLogin", {}]]);
});

test("React: StrictMode guards twice, and there is one login", async () => {
  const client = standIn();
  const guarded = h(RequireAuth, { fallback: "wait" }, "secret");
  const { container } = await mount(h(StrictMode, null, h(AuthProvider, { client }, guarded, guarded)));
  assert.equal(container.textContent, "waitwait");
  assert.deepEqual(client.calls, [["beginLogin", {}]]);
});

test("React: the guarded page is there with the session, and gone with it", async () => {
  const client = standIn({ session: signedIn });
  const { container } = await mount(h(AuthProvider, { client }, h(RequireAuth, null, "secret")));
  assert.equal(container.textContent, "secret");
  await act(async () => (client.become(signedOut), await settle()));
  assert.equal(container.textContent, "");
  assert.deepEqual(client.calls, [["beginLogin", {}]]);
});

test("React: the guard of a page that the router is about to leave begins no login", async () => {
  const client = standIn({ session: signedIn });
  let logout;
  const Guarded = () => (({ logout } = useAuth()), "secret");
  const App = () => {
    const [path, setPath] = useState("/account");
    // As in React Router.
    const navigate = (path) => startTransition(() => setPath(path));
    return h(AuthProvider, { client, navigate }, path === "/account" ? h(RequireAuth, null, h(Guarded)) : "public");
  };
  const { container } = await mount(h(StrictMode, null, h(App)));
  assert.equal(container.textContent, "secret");
  globalThis.IS_REACT_ACT_ENVIRONMENT = false; // renders everything at once
  await logout();
  globalThis.IS_REACT_ACT_ENVIRONMENT = true;
  await act(settle);
  assert.equal(container.textContent, "public");
  assert.deepEqual(client.calls, [["logout", {}]]);
});

test("React: a provider that goes with the page that is left keeps nobody waiting", async () => {
  const client = standIn({ callback: async () => ({ returnTo: "/account" }) });
  const source = async () => client;
  function App() {
    const [path, setPath] = useState("/callback");
    const navigate = async (to) => startTransition(() => setPath(to));
    // Like the layouts of two routes that have a provider each.
    return h(AuthProvider, { key: path, client: source, navigate }, path, " ", h(Status));
  }
  const { container } = await mount(h(App));
  assert.equal(container.textContent, "/account signed-in");
});

test("React: nothing is listened to after the unmount", async () => {
  const client = standIn({ session: signedIn });
  const { root } = await mount(h(StrictMode, null, h(AuthProvider, { client }, h(Status), h(Status))));
  assert.equal(client.listeners.size, 1);
  await act(() => root.unmount());
  assert.equal(client.listeners.size, 0);
});

test("React: a failure is in `error`, and a guard throws it to the error boundary", async (t) => {
  t.mock.method(console, "error", () => {}); // React reports an error that a boundary catches.
  const client = () => Promise.reject(new Error("offline"));
  const { container } = await mount(h(AuthProvider, { client }, h(Status), h(Boundary, null, h(RequireAuth, null, "secret"))));
  assert.equal(container.textContent, "error offlinecaught offline");
});

test("React: Suspense waits above the provider, too", async () => {
  const Name = () => useSuspenseAuth().session.claims.sub;
  const client = async () => (await settle(), standIn({ session: signedIn }));
  const { container } = await mount(h(Suspense, { fallback: "wait" }, h(AuthProvider, { client }, h(Name))));
  await act(settle);
  assert.equal(container.textContent, "ada");
});

test("React: the access token comes, and another one when the session has changed", async () => {
  const client = standIn({ session: signedIn });
  const Token = () => useAccessToken() ?? "none";
  const { container } = await mount(h(AuthProvider, { client }, h(Token)));
  assert.equal(container.textContent, "token");
  client.accessToken = async () => "another";
  await act(async () => (client.become({ ...signedIn, expiresAt: 4e9 }), await settle()));
  assert.equal(container.textContent, "another");
  await act(async () => (client.become(signedOut), await settle()));
  assert.equal(container.textContent, "none");
});

for (const [kind, ada, grace] of [
  ["with a `sub`", { sub: "ada" }, { sub: "grace" }],
  ["without", undefined, undefined],
]) {
  test(`React: the token of the user before is never shown, ${kind}`, async () => {
    const of = (claims) => ({ status: "signed-in", tokenType: "Bearer", ...(claims && { claims }) });
    const client = standIn({ session: of(ada) });
    const seen = [];
    const Token = () => (seen.push(useAccessToken()), null);
    await mount(h(AuthProvider, { client }, h(Token)));
    assert.equal(seen.at(-1), "token");
    client.accessToken = () => new Promise(() => {});
    seen.length = 0;
    await act(async () => (client.become(of(grace)), await settle()));
    assert.deepEqual(seen.filter(Boolean), []);
  });
}

test("React: a token that is renewed stays until the next one is there", async () => {
  const client = standIn({ session: signedIn });
  const Token = () => useAccessToken() ?? "none";
  const { container } = await mount(h(AuthProvider, { client }, h(Token)));
  client.accessToken = () => new Promise(() => {});
  await act(async () => (client.become({ ...signedIn, expiresAt: 4e9 }), await settle()));
  assert.equal(container.textContent, "token");
});

test("React: Suspense around a provider with another function each time waits for ever, and so it says what to do", async (t) => {
  t.mock.method(console, "error", () => {});
  const Name = () => useSuspenseAuth().session.claims.sub;
  const App = () => h(AuthProvider, { client: async () => standIn({ session: signedIn }) }, h(Name));
  const { container } = await mount(h(Boundary, null, h(Suspense, { fallback: "wait" }, h(App))));
  for (let turn = 0; turn < 100 && container.textContent === "wait"; turn++) await act(settle);
  assert.match(container.textContent, /Define the function outside of the component/);
});

test("React: a hook without its provider says so", async (t) => {
  t.mock.method(console, "error", () => {});
  const { container } = await mount(h(Boundary, null, h(Status)));
  assert.match(container.textContent, /there is no <AuthProvider>/);
});

test("React: a server renders, touches no window, makes no client; the page takes over without a word", async (t) => {
  const complaints = t.mock.method(console, "error", () => {});
  let made = 0;
  const client = async () => (made++, standIn({ session: signedIn }));
  const app = h(AuthProvider, { client }, h(Status), h(RequireAuth, { fallback: "wait" }, "secret"));

  const { window, document, location, history, sessionStorage } = globalThis;
  const touched = [];
  for (const name of ["window", "document", "location", "history", "sessionStorage"]) delete globalThis[name];
  for (const name of ["document", "location", "history", "sessionStorage"]) {
    Object.defineProperty(globalThis, name, { configurable: true, get: () => void touched.push(name) });
  }
  const html = renderToString(app);
  for (const name of ["document", "location", "history", "sessionStorage"]) delete globalThis[name];
  Object.assign(globalThis, { window, document, location, history, sessionStorage });
  assert.match(html, /^loading.*wait$/);
  assert.deepEqual([touched, made], [[], 0]);

  const container = document.createElement("div");
  container.innerHTML = html;
  // Also if the session is there before React is.
  await authStore(client).ready();
  await act(async () => (roots.push(hydrateRoot(container, app)), await settle()));
  assert.equal(container.textContent, "signed-insecret");
  assert.deepEqual(complaints.mock.calls.map(({ arguments: [message] }) => message), []);
});

test('React: "use client" survives the build', () => {
  const script = readFileSync(new URL("./node_modules/wicketgate/react.js", import.meta.url), "utf8");
  assert.match(script, /^"use client";/);
});
