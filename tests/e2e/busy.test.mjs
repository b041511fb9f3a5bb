// A token endpoint may ask clients to wait (RFC 9110 §10.2.3), and the client waits. The test controls the clock of the page:
// no timer runs by itself.
import assert from "node:assert/strict";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../servers/bundle.mjs";
import { busy } from "../servers/faults.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { launchBrowser, needs, testThatNeeds } from "./browser.mjs";
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

const config = { clientId: oidc.clientId, issuer: oidc.issuer, redirectUri, scope: "openid offline_access" };
const refreshes = () => oidc.tokenRequests().filter(({ body }) => body.startsWith("grant_type=refresh_token")).length;
const status = async (tab) => (await tab.session(config)).status;
const forced = (tab) => tab.accessToken(config, { forceRefresh: true });

/** A tab in which a user is signed in and whose clock stands still. The server's records are empty. */
async function open(t) {
  oidc.fault = undefined;
  const context = await browser.newContext();
  t.after(() => context.close());
  const tab = await Tab.open(context, page.origin);
  await tab.begin(config, { prompt: "consent" });
  await tab.answer();
  await tab.handle(config);
  await tab.page.clock.install();
  await tab.visit("/");
  await tab.page.clock.pauseAt(Date.now() + 1000);
  oidc.requests.length = 0;
  return tab;
}

/** Refuses the refresh with this field. */
async function isRefused(tab, ...field) {
  oidc.fault = busy(...field);
  await assert.rejects(forced(tab), { code: "token_request_failed", status: 429, retryable: true });
  assert.deepEqual([await status(tab), refreshes()], ["stale", 1]);
  oidc.fault = undefined;
}

for (const [name, field] of [
  ["seconds", () => "120"],
  ["a date", async (tab) => new Date((await tab.evaluate(() => Date.now())) + 120_000).toUTCString()],
]) {
  test(`Retry-After with ${name}: until then nothing is sent, whoever asks, and what there is serves`, needs("clocks"), async (t) => {
    const tab = await open(t);
    const token = await tab.accessToken(config);
    await isRefused(tab, await field(tab));

    await tab.page.clock.runFor(118_000);
    for (const event of ["online", "pageshow", "visibilitychange"]) {
      await tab.evaluate((event) => document.dispatchEvent(new Event(event, { bubbles: true })), event);
    }
    await assert.rejects(forced(tab), { code: "token_request_failed", status: 429 });
    assert.equal(await tab.accessToken(config), token);
    assert.deepEqual([await status(tab), refreshes()], ["stale", 1]);

    // A date has no milliseconds. A user who asks then need not wait for the next attempt.
    await tab.page.clock.runFor(2_000);
    assert.notEqual(await forced(tab), token);
    assert.deepEqual([await status(tab), refreshes()], ["signed-in", 2]);
  });
}

test("Retry-After: when the time has come it is tried again by itself", needs("clocks"), async (t) => {
  const tab = await open(t);
  await isRefused(tab, "120");
  await tab.page.clock.runFor(122_000);
  await until(() => refreshes() === 2, "another try");
  await tab.page.waitForFunction(async (config) => (await app.client(config)).session().status === "signed-in", config, { polling: 50 });
});

test("Retry-After of a day is heeded for five minutes", needs("clocks"), async (t) => {
  const tab = await open(t);
  await isRefused(tab, "86400");
  await tab.page.clock.runFor(299_000);
  await assert.rejects(forced(tab), { status: 429 });
  assert.equal(refreshes(), 1);
  await tab.page.clock.runFor(3_000);
  await until(() => refreshes() === 2, "another try");
});

for (const [name, field] of [
  ["that the page may not read", ["120", {}]],
  ["that is no time", ["soon"]],
  ["that has passed", ["Wed, 21 Oct 2015 07:28:00 GMT"]],
  ["of no seconds", ["0"]],
]) {
  test(`Retry-After ${name} is none`, needs("clocks"), async (t) => {
    const tab = await open(t);
    await isRefused(tab, ...field);
    await forced(tab);
    assert.deepEqual([await status(tab), refreshes()], ["signed-in", 2]);
  });
}
