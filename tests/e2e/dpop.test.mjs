// Tokens that are bound to a key of the browser, and requests that are pushed: against a real provider that demands both, and a
// nonce in each proof; and an API that checks each proof.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { readProof, startBoundApi } from "../servers/bound-api.mjs";
import { bundle } from "../servers/bundle.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { launchBrowser, needs, testThatNeeds } from "./browser.mjs";
import { until } from "./stage.mjs";
import { Tab, parameter } from "./tab.mjs";

const test = testThatNeeds("dpop");

const directory = fileURLToPath(new URL("page/", import.meta.url));
const page = await startPage({ directory, built: { "/page.js": await bundle(`${directory}page.js`) } });
const redirectUri = `${page.origin}/callback`;
const oidc = await startOidc({
  redirectUris: [redirectUri],
  clients: { bound: { dpop_bound_access_tokens: true } },
  features: {
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
  },
});
/** A provider that knows nothing of proofs. */
const plain = await startOidc({ redirectUris: [redirectUri] });
const api = await startBoundApi({ pages: [page.origin] });
page.servers = ["*"];
const browser = await launchBrowser();

after(async () => {
  await browser.close();
  await Promise.all([api, oidc, plain, page].map((server) => server.close()));
});

const config = {
  clientId: "bound",
  issuer: oidc.issuer,
  redirectUri,
  scope: "openid profile email offline_access",
  allowedOrigins: [api.origin],
};

async function open(t) {
  Object.assign(oidc, { lifetime: 3600, hold: undefined, changes: {} });
  Object.assign(api, { nonce: undefined, before: undefined });
  const context = await browser.newContext();
  t.after(() => context.close());
  for (const { requests } of [api, oidc]) requests.length = 0;
  return Tab.open(context, page.origin);
}

async function logIn(tab, kept = config) {
  await tab.begin(kept, { prompt: "consent" });
  await tab.answer();
  return tab.handle(kept);
}

/** Calls the API `count` times at once; returns the statuses. */
const call = (tab, kept = config, { count = 1, method = "POST" } = {}) =>
  tab.evaluate(
    async ([kept, url, count, method]) => {
      const client = await app.client(kept);
      const body = method === "POST" ? "words" : undefined;
      return Promise.all(Array.from({ length: count }, async () => (await client.fetch(url, { method, body })).status));
    },
    [kept, `${api.origin}/notes?page=2`, count, method],
  );

const refreshes = () => oidc.tokenRequests().filter(({ body }) => body.includes("grant_type=refresh_token"));
const isAnswered = (request) => oidc.answers.some(({ url, status }) => url === request && status < 300);

test("a login is pushed, and its code is redeemed with a proof of the key that the request named", async (t) => {
  const tab = await open(t);
  const { session } = await logIn(tab);
  assert.equal(session.tokenType, "DPoP");
  const authorization = oidc.requestsTo("/auth")[0];
  assert.deepEqual([...new URLSearchParams(authorization.query).keys()].sort(), ["client_id", "request_uri"]);
  const [first, second, ...more] = oidc.requestsTo("/request").filter(({ method }) => method === "POST");
  assert.equal(more.length, 0);
  assert.equal(first.body, second.body, "the same request, once more with the nonce");
  const jkt = new URLSearchParams(second.body).get("dpop_jkt");
  assert.equal((await readProof(second.headers.dpop)).thumbprint, jkt);
  const [request, ...again] = oidc.tokenRequests();
  assert.equal(again.length <= 1, true, "the page after the callback may need a nonce of its own, once");
  const proof = await readProof((again[0] ?? request).headers.dpop);
  assert.equal(proof.thumbprint, jkt);
  assert(proof.claims.nonce);
});

test("UserInfo and an API are called with proofs, and once more with the nonce that they demand", async (t) => {
  const tab = await open(t);
  await logIn(tab);
  assert.equal((await tab.userInfo(config)).name, "Ada Lovelace");
  assert.match(oidc.requestsTo("/me").at(-1).headers.authorization, /^DPoP /);
  assert.deepEqual(await call(tab), [200]);
  assert.equal(api.requests.length, 1);
  api.nonce = "nonce-1";
  assert.deepEqual(await call(tab), [200]);
  assert.equal(api.requests.length, 3, "refused once");
  assert.deepEqual(api.requests.slice(1).map(({ body }) => body), ["words", "words"]);
  assert.deepEqual(await call(tab), [200]);
  assert.equal(api.requests.length, 4, "remembered");
});

test("a nonce that is demanded for ever ends after one repetition", async (t) => {
  const tab = await open(t);
  await logIn(tab);
  api.before = () => (api.nonce = `nonce-${api.requests.length}`);
  assert.deepEqual(await call(tab), [401]);
  assert.equal(api.requests.length, 2);
  assert.equal(refreshes().length, 0, "the token is not the reason");
});

test("a token that the API refuses is renewed with a proof, and the request goes out once more", async (t) => {
  const tab = await open(t);
  await logIn(tab);
  api.nonce = "nonce-1";
  const { value: token } = await tab.evaluate((config) => app.accessToken(config), config);
  api.refused.add(token);
  assert.deepEqual(await call(tab), [200]);
  assert(refreshes().length <= 2);
  const tokens = api.requests.filter(({ proof }) => proof).map(({ proof }) => proof.token);
  assert.equal(new Set(tokens).size, 2);
  assert.equal(new Set(api.requests.filter(({ proof }) => proof).map(({ proof }) => proof.thumbprint)).size, 1);
});

test("fifty calls at once need one refresh, and each has a proof of its own", async (t) => {
  const tab = await open(t);
  oidc.lifetime = 3;
  await logIn(tab);
  oidc.lifetime = 3600;
  await until(async () => {
    const { expiresAt } = await tab.session(config);
    return expiresAt * 1000 < Date.now() + 1000;
  });
  const statuses = await call(tab, config, { count: 50, method: "GET" });
  assert.deepEqual(new Set(statuses), new Set([200]));
  const accepted = refreshes().filter(({ body }) => body);
  assert(accepted.length <= 2, `${accepted.length} refreshes`);
  assert.equal(new Set(api.requests.map(({ proof }) => proof.claims.jti)).size, api.requests.length);
});

test("tabs that share a session share its key, also after a reload", async (t) => {
  const kept = { ...config, tokenStore: "local" };
  const tab = await open(t);
  await logIn(tab, kept);
  const other = await tab.another("/other");
  for (const one of [tab, other]) assert.deepEqual(await call(one, kept), [200]);
  await tab.visit("/again");
  assert.deepEqual(await call(tab, kept), [200]);
  assert.equal(new Set(api.requests.map(({ proof }) => proof.thumbprint)).size, 1);
  assert.equal((await other.session(kept)).tokenType, "DPoP");
});

test("no script can take the key out of the browser", async (t) => {
  const tab = await open(t);
  await logIn(tab);
  const outcome = await tab.evaluate(async () => {
    const opening = indexedDB.open("wicketgate", 1);
    await new Promise((resolve) => (opening.onsuccess = resolve));
    const store = opening.result.transaction("keys").objectStore("keys");
    const read = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const pair = (await read(store.getAll())).find((kept) => kept?.privateKey);
    return {
      isExtractable: pair.privateKey.extractable,
      outcome: await crypto.subtle.exportKey("jwk", pair.privateKey).then(() => "exported", ({ name }) => name),
    };
  });
  assert.deepEqual(outcome, { isExtractable: false, outcome: "InvalidAccessError" });
});

test("a session whose key is gone has expired, and its tokens go nowhere", async (t) => {
  const tab = await open(t);
  await logIn(tab);
  await tab.evaluate(async () => {
    const opening = indexedDB.open("wicketgate", 1);
    await new Promise((resolve) => (opening.onsuccess = resolve));
    const store = opening.result.transaction("keys", "readwrite").objectStore("keys");
    const names = await new Promise((resolve) => (store.getAllKeys().onsuccess = ({ target }) => resolve(target.result)));
    for (const name of names.filter((name) => name.endsWith(".key"))) store.delete(name);
    await new Promise((resolve) => (store.transaction.oncomplete = resolve));
    opening.result.close();
  });
  await tab.visit("/again");
  assert.equal((await tab.session(config)).status, "signed-in");
  const outcome = await tab.evaluate(
    ([config, url]) => app.outcome(async () => (await (await app.client(config)).fetch(url)).status),
    [config, api.origin],
  );
  assert.equal(outcome.error.code, "session_ended");
  const { status, claims } = await tab.session(config);
  assert.deepEqual([status, claims.name], ["expired", "Ada Lovelace"]);
  assert.equal(api.requests.length, 0);
});

test("a server that ignores proofs is put up with, unless it must not be", async (t) => {
  const tab = await open(t);
  const bearer = { ...config, clientId: plain.clientId, issuer: plain.issuer };
  await tab.begin({ ...bearer, dpop: "always" });
  await tab.answer();
  await assert.rejects(tab.handle({ ...bearer, dpop: "always" }), { code: "token_response_malformed" });
  await tab.visit("/");
  const { session } = await logIn(tab, bearer);
  assert.equal(session.tokenType, "Bearer");
});

test("authorizationUrl() is synchronous where nothing must be pushed, and says where something must", async (t) => {
  const tab = await open(t);
  const url = await tab.evaluate(async (config) => (await app.ready(config)).authorizationUrl(), { ...config, clientId: plain.clientId, issuer: plain.issuer, dpop: "always" });
  assert.equal(parameter(url, "dpop_jkt").length, 43);
  const refused = await tab.evaluate((config) => app.outcome(async () => (await app.ready(config)).authorizationUrl()), config);
  assert.equal(refused.error.code, "pushed_request_required");
  const pushed = await tab.evaluate((config) => app.outcome(async () => (await app.ready(config)).pushed()), config);
  assert.deepEqual([...new URL(pushed.value).searchParams.keys()].sort(), ["client_id", "request_uri"]);
  assert(isAnswered("/request"));
});
