// Svelte's adapter where a test in a browser sees too little: the store's contract, runes, guards, server rendering. Runs in a
// child process of its own with `--conditions browser`, because in Node, Svelte is its server half.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { settle, signedIn, signedOut, standIn, startPage } from "./stand-in.mjs";

if (!process.execArgv.includes("--conditions=browser")) {
  test("Svelte: on a server nothing is made, and the status is loading", async () => {
    const { createAuth } = await import("wicketgate/svelte");
    const { get } = await import("svelte/store");
    let made = 0;
    const auth = createAuth(() => (made++, standIn()));
    assert.deepEqual([get(auth).status, auth.status, made], ["loading", "loading", 0]);
    await assert.rejects(auth.guard({ url: new URL("https://app.example/account") }), { code: "unsupported_environment" });
  });

  test("Svelte: in a browser", () => {
    const { NODE_TEST_CONTEXT, ...env } = process.env;
    const { status, stdout } = spawnSync(process.execPath, ["--conditions=browser", "--test-reporter=tap", fileURLToPath(import.meta.url)], {
      env,
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^# pass 7$/m);
  });
} else {
  startPage("https://app.example/account#here");
  const { createAuth } = await import("wicketgate/svelte");
  const { flushSync } = await import("svelte");
  const { get } = await import("svelte/store");
  // The compiler's forms of $effect.root and $effect.pre.
  const { effect_root: effectRoot, user_pre_effect: effect } = await import("svelte/internal/client");

  test("the store calls at once, after each change, and no more after the end", async () => {
    const client = standIn({ session: signedIn, callback: async () => ({ returnTo: "/account" }) });
    const auth = createAuth(async () => client);
    const seen = [];
    const stop = auth.subscribe(({ status }) => seen.push(status));
    const stopToo = auth.subscribe(() => {});
    assert.deepEqual(seen, ["loading"]);
    await settle();
    assert.equal(get(auth).status, "signed-in");
    client.become(signedOut);
    assert.deepEqual([seen[0], seen.at(-1)], ["loading", "signed-out"]);
    assert.deepEqual(client.calls, ["handleCallback"]);
    stop();
    stopToo();
    assert.equal(client.listeners.size, 0);
  });

  test("an effect that reads a member runs again after a change, and is heard of no more after its end", async () => {
    const client = standIn({ session: signedIn });
    const auth = createAuth(client);
    const seen = [];
    const stop = effectRoot(() => effect(() => void seen.push(auth.status)));
    await settle();
    flushSync();
    client.become(signedOut);
    flushSync();
    assert.deepEqual([seen[0], ...seen.slice(-2)], ["loading", "signed-in", "signed-out"]);
    stop();
    await settle();
    assert.equal(client.listeners.size, 0);
  });

  test("the callback is handled whether or not anybody follows the session", async () => {
    startPage("https://app.example/callback?code=c&state=s");
    const client = standIn({ callback: async () => ({ returnTo: "/account" }) });
    createAuth(() => client);
    await settle();
    assert.deepEqual(client.calls, [], "not before the page is mounted");
    document.body.append("a page");
    await settle();
    assert.deepEqual([client.calls, location.pathname], [["handleCallback"], "/account"]);
  });

  test("after a denial the guard leads to the page that shows it, and rejects where that is the guarded one", async () => {
    startPage("https://app.example/callback?error=access_denied&state=s");
    const denied = Object.assign(new Error("no"), { name: "WicketgateError", code: "authorization_failed", hint: "", returnTo: "/account" });
    const client = standIn({ callback: () => Promise.reject(denied) });
    const went = [];
    const auth = createAuth(client, { errorPage: "/failed", navigate: go });
    let passed = false;
    // Like SvelteKit, waits for the guard of the page, unless another navigation begins.
    function go(path) {
      went.push(path);
      if (path === "/account") return auth.guard({ url: new URL("https://app.example/account") }).then(() => (passed = true));
    }
    document.body.append("a page");
    await settle();
    assert.deepEqual([went, passed, auth.status], [["/account", "/failed"], false, "signed-out"]);
    await assert.rejects(auth.guard({ url: new URL("https://app.example/failed?a") }), denied);
    assert.deepEqual(client.calls, ["handleCallback"]);
  });

  test("an expired session is gone for a guarded page", async () => {
    startPage("https://app.example/account");
    const client = standIn({ session: signedIn });
    await createAuth(client).guard({ url: new URL("https://app.example/account") });
    client.become({ ...signedIn, status: "expired" });
    await settle();
    assert.deepEqual(client.calls, [["beginLogin", {}]]);
  });

  test("the guard comes back to path, query and fragment", async () => {
    startPage("https://app.example/account?a=1#here");
    const client = standIn();
    const auth = createAuth(client);
    void auth.guard({ url: new URL("https://app.example/account?a=1") });
    await settle();
    assert.deepEqual(client.calls, [["beginLogin", { returnTo: "/account?a=1#here" }]]);
  });

  test("a session that ends at a guarded page begins a login, and none at another", async () => {
    startPage("https://app.example/account");
    const client = standIn({ session: signedIn });
    const auth = createAuth(client);
    await auth.guard({ url: new URL("https://app.example/account") });
    history.replaceState(null, "", "/");
    client.become(signedOut);
    await settle();
    assert.deepEqual(client.calls, []);
    client.become(signedIn);
    history.replaceState(null, "", "/account");
    client.become(signedOut);
    await settle();
    assert.deepEqual(client.calls, [["beginLogin", {}]]);
  });
}
