// `install` and a page's `fetch`: it replaces only the provider's origin, behaves like a browser, and is undone without a
// trace.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { fakeProvider } from "wicketgate/testing";

const real = globalThis.fetch;
const redirectUri = "https://app.test/callback";
const discovery = (issuer) => `${issuer}/.well-known/openid-configuration`;
afterEach(() => {
  globalThis.fetch = real;
  delete globalThis.location;
});

test("every other origin is asked as before", async () => {
  const asked = [];
  globalThis.fetch = async (...given) => asked.push(given);
  const before = globalThis.fetch;
  const provider = (await fakeProvider({ redirectUri })).install();
  const options = { method: "POST" };
  await fetch("https://api.test/orders", options);
  await fetch("https://login.test.example/", undefined);
  assert.deepEqual(asked, [["https://api.test/orders", options], ["https://login.test.example/", undefined]]);
  assert.equal((await (await fetch(discovery(provider.issuer))).json()).issuer, provider.issuer);
  provider.restore();
  assert.equal(globalThis.fetch, before);
});

test("a URL, a string and a Request are the same", async () => {
  const provider = (await fakeProvider({ redirectUri })).install();
  const url = discovery(provider.issuer);
  for (const input of [url, new URL(url), new Request(url)]) assert.equal((await fetch(input)).status, 200);
  const { userinfo_endpoint: userinfo } = await (await fetch(url)).json();
  await fetch(new Request(userinfo, { method: "POST", headers: { authorization: "Bearer x" } }));
  const { method, headers } = provider.requests.at(-1);
  assert.deepEqual([method, headers.authorization], ["POST", "Bearer x"]);
  provider.restore();
});

test("several providers answer side by side, and go in any order", async () => {
  const one = await fakeProvider({ issuer: "https://one.test", redirectUri });
  const two = await fakeProvider({ issuer: "https://two.test", redirectUri });
  one.install();
  two.install();
  for (const { issuer } of [one, two]) assert.equal((await (await fetch(discovery(issuer))).json()).issuer, issuer);
  one.restore();
  assert.equal((await (await fetch(discovery(two.issuer))).json()).issuer, two.issuer);
  two.restore();
  two.restore();
  assert.equal(globalThis.fetch, real);
});

test("who has replaced fetch since keeps theirs", async () => {
  const provider = (await fakeProvider({ redirectUri })).install();
  const theirs = async () => {};
  globalThis.fetch = theirs;
  provider.restore();
  assert.equal(globalThis.fetch, theirs);
});

test("a request that is aborted while the provider is slow rejects with the reason", async () => {
  const provider = (await fakeProvider({ redirectUri })).install();
  provider.fail("slow");
  const reason = new Error("no more");
  const controller = new AbortController();
  const asked = fetch(discovery(provider.issuer), { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(asked, reason);
  await assert.rejects(fetch(discovery(provider.issuer), { signal: AbortSignal.abort(reason) }), reason);
  provider.restore();
});

test("a page of another origin than those of the redirect URIs may not read, and no page follows a redirect", async () => {
  globalThis.location = { origin: "https://other.test" };
  const provider = (await fakeProvider({ redirectUri })).install();
  const { userinfo_endpoint: userinfo, end_session_endpoint: logout } = await (await fetch(discovery(provider.issuer))).json();
  await assert.rejects(fetch(userinfo), TypeError);
  location.origin = "https://app.test";
  assert.equal((await fetch(userinfo)).status, 401);
  const back = new URLSearchParams({ client_id: provider.clientId, post_logout_redirect_uri: "https://app.test/" });
  await assert.rejects(fetch(`${logout}?${back}`), TypeError);
  provider.restore();
});

test("nobody waits for a page to leave that cannot be seen leaving", async () => {
  const provider = (await fakeProvider({ redirectUri })).install();
  await assert.rejects(provider.comeBack(), /use login, or route/);
  provider.restore();
});

test("outside a page it wants to be told the redirect URI", async () => {
  await assert.rejects(fakeProvider(), /needs a redirectUri/);
});
