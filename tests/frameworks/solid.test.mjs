// Solid's adapter where a test in a browser sees too little: one exchange, subscriptions, guards, server rendering. Runs in a
// child process of its own with `--conditions browser`, because in Node, Solid is its server half.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { settle, signedIn, signedOut, standIn, startPage } from "./stand-in.mjs";

const isBrowser = process.execArgv.includes("--conditions=browser");
if (isBrowser) startPage("https://app.example/account");
const { createComponent, createSignal, ErrorBoundary, lazy, startTransition, Suspense } = await import("solid-js");
const { AuthProvider, RequireAuth, useAuth } = await import("wicketgate/solid");

const Status = () => {
  const auth = useAuth();
  return () => (auth.error ? `error ${auth.error.summary}` : auth.status);
};
// The compiler's form of JSX: children that are created on demand.
const within = (component, props, ...children) =>
  createComponent(component, Object.defineProperty({ ...props }, "children", {
    get: () => children.map(([component, props]) => createComponent(component, props ?? {})),
  }));

if (!isBrowser) {
  test("Solid: a server renders, and makes no client", async () => {
    const { renderToString } = await import("solid-js/web");
    let made = 0;
    const client = () => (made++, standIn());
    const guarded = [RequireAuth, { fallback: "wait", get children() { return "secret"; } }];
    const html = renderToString(() => within(AuthProvider, { client }, [Status], guarded));
    assert.match(html, /^loading.*wait/);
    assert.deepEqual([html.includes("secret"), made], [false, 0]);
  });

  test("Solid: in a browser", () => {
    const { NODE_TEST_CONTEXT, ...env } = process.env;
    const { status, stdout } = spawnSync(process.execPath, ["--conditions=browser", "--test-reporter=tap", fileURLToPath(import.meta.url)], {
      env,
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^# pass 11$/m);
  });
} else {
  const { render } = await import("solid-js/web");

  const mount = async (tree) => {
    const container = document.createElement("div");
    const unmount = render(tree, container);
    await settle();
    return { container, unmount };
  };
  const guarded = [RequireAuth, { fallback: "wait", get children() { return "secret"; } }];

  test("one client, one exchange, one way back", async () => {
    const went = [];
    let made = 0;
    const client = standIn({ callback: async () => ({ returnTo: "/account" }) });
    const props = { client: async () => (made++, client), navigate: (path, options) => void went.push([path, options]) };
    const { container } = await mount(() => within(AuthProvider, props, [Status], [Status]));
    assert.equal(container.textContent, "signed-insigned-in");
    assert.deepEqual([made, client.calls, went], [1, ["handleCallback"], [["/account", { replace: true }]]]);
  });

  test("two guards begin one login", async () => {
    const client = standIn();
    const { container } = await mount(() => within(AuthProvider, { client }, guarded, guarded));
    assert.equal(container.textContent, "waitwait");
    assert.deepEqual(client.calls, [["beginLogin", {}]]);
  });

  test("the guarded page is there with the session, and gone with it", async () => {
    const client = standIn({ session: signedIn });
    const { container } = await mount(() => within(AuthProvider, { client }, guarded));
    assert.equal(container.textContent, "secret");
    client.become(signedOut);
    await settle();
    assert.equal(container.textContent, "wait");
    assert.deepEqual(client.calls, [["beginLogin", {}]]);
  });

  test("the guard of a page that the router is about to leave begins no login", async () => {
    const client = standIn({ session: signedIn });
    const [path, setPath] = createSignal("/account");
    let loaded;
    let logout;
    const Public = lazy(() => new Promise((resolve) => (loaded = () => resolve({ default: () => "public" }))));
    const Page = () => {
      ({ logout } = useAuth());
      return () => createComponent(...(path() === "/account" ? guarded : [Public, {}]));
    };
    // As in Solid Router.
    const navigate = (path) => void startTransition(() => setPath(path));
    const { container } = await mount(() => within(Suspense, {}, [() => within(AuthProvider, { client, navigate }, [Page])]));
    assert.equal(container.textContent, "secret");
    const left = logout();
    await settle();
    assert.deepEqual(client.calls, [["logout", {}]]);
    loaded();
    await left;
    await settle();
    assert.equal(container.textContent, "public");
    assert.deepEqual(client.calls, [["logout", {}]]);
  });

  test("a failure is in `error`, and a guard throws it to the error boundary", async () => {
    const boundary = [
      ErrorBoundary,
      { fallback: (error) => `caught ${error.summary}`, get children() { return createComponent(...guarded); } },
    ];
    const client = () => Promise.reject(new Error("offline"));
    const { container } = await mount(() => within(AuthProvider, { client }, [Status], boundary));
    assert.equal(container.textContent, "error offlinecaught offline");
  });

  test("the provider finishes a login whether or not anything below follows the session", async () => {
    const client = standIn({ callback: async () => ({ returnTo: "/account" }) });
    await mount(() => within(AuthProvider, { client: () => client }, [() => "a page"]));
    assert.deepEqual(client.calls, ["handleCallback"]);
  });

  test("no router looks at the redirect URI: the children come when the page is where the login was begun", async () => {
    history.replaceState(null, "", "/callback?code=c&state=s");
    const looked = [];
    const Router = () => (looked.push(location.href), "page");
    const client = standIn({ callback: async () => (await settle(), { returnTo: "/account" }) });
    const { container } = await mount(() => within(AuthProvider, { client, fallback: "wait" }, [Router]));
    assert.equal(container.textContent, "wait");
    await settle();
    assert.equal(container.textContent, "page");
    assert.deepEqual(looked, ["https://app.example/account"]);
  });

  for (const [kind, error] of [["an element", "sorry"], ["a function of the error", (error) => `failed ${error.summary}`]]) {
    test(`what went wrong is shown by the guard itself: ${kind}`, async () => {
      const client = () => Promise.reject(new Error("offline"));
      const { container } = await mount(() => within(AuthProvider, { client }, [RequireAuth, { error, children: "secret" }]));
      assert.equal(container.textContent, kind === "an element" ? "sorry" : "failed offline");
    });
  }

  test("a guarded page stays while another login begins; an expired session is gone for its guard", async () => {
    const client = standIn({ session: signedIn });
    let made = 0;
    const page = [RequireAuth, { fallback: "wait", get children() { return made++, "secret"; } }];
    let login;
    const Login = () => (({ login } = useAuth()), "");
    const { container } = await mount(() => within(AuthProvider, { client }, page, [Login]));
    void login();
    await settle();
    assert.deepEqual([container.textContent, made, client.calls], ["secret", 1, [["beginLogin", {}]]]);
    client.become({ ...signedIn, status: "expired" });
    await settle();
    assert.equal(container.textContent, "wait");
  });

  test("nothing is listened to after the unmount", async () => {
    const client = standIn({ session: signedIn });
    const { unmount } = await mount(() => within(AuthProvider, { client }, [Status], [Status]));
    assert.equal(client.listeners.size, 1);
    unmount();
    assert.equal(client.listeners.size, 0);
  });
}
