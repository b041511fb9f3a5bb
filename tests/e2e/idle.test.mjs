// The end of a session that nobody uses, in real tabs with real activity.
import assert from "node:assert/strict";
import { after } from "node:test";
import { testThatNeeds } from "./browser.mjs";
import { startStage, until } from "./stage.mjs";

const test = testThatNeeds("idle");
const testOfKeys = testThatNeeds("idle", "keys");

const stage = await startStage();
after(() => stage.close());
const [openid] = stage.ways;

/** The provider revokes nothing for public clients: it records the requests to this path, and refuses them. */
const revocation = "/revocation-stand-in";

/** A tab that has logged in, whose sessions are recorded in `window.heard`. */
async function signedIn(t, config) {
  const tab = await stage.open(t);
  await tab.logIn(config);
  await follow(tab, config);
  return tab;
}

const follow = (tab, config) =>
  tab.evaluate(async (config) => {
    window.heard = [];
    (await app.ready(config)).subscribe(({ status, endingAt, wasIdle }) => heard.push({ status, isNear: !!endingAt, wasIdle }));
  }, config);

const wait = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

test("nobody does anything: the session ends in all tabs, and its tokens are revoked", async (t) => {
  const metadata = { revocation_endpoint: stage.oidc.origin + revocation };
  const config = openid.config({ tokenStore: "local", idleLimit: 3, endWarning: 2, metadata });
  const tab = await signedIn(t, config);
  const other = await tab.another();
  await follow(other, config);
  for (const one of [tab, other]) await one.page.waitForFunction(() => heard.at(-1)?.status === "signed-out");
  const [{ status, isNear }] = await tab.evaluate(() => heard);
  assert.deepEqual([status, isNear], ["signed-in", true]);
  const last = await Promise.all([tab, other].map((one) => one.evaluate(() => heard.at(-1))));
  assert(last.some(({ wasIdle }) => wasIdle), JSON.stringify(last));
  await until(() => stage.oidc.requestsTo(revocation).length, "the revocation");
  // What stays says that the session ended idle, and nothing else.
  assert.deepEqual(await tab.evaluate(() => Object.entries(localStorage).filter(([key]) => /active|session/.test(key)).map(([, value]) => value)), ["0"]);
});

testOfKeys("a key in one tab keeps the session of both, and takes the announcement back", async (t) => {
  const config = openid.config({ tokenStore: "local", idleLimit: 6, endWarning: 4 });
  const tab = await signedIn(t, config);
  const other = await tab.another();
  await follow(other, config);
  await tab.page.waitForFunction(() => heard.at(-1)?.isNear);
  await other.page.keyboard.press("Shift");
  await tab.page.waitForFunction(() => heard.at(-1)?.isNear === false);
  assert.equal((await tab.session(config)).endingAt, undefined);
  await wait(2500);
  for (const one of [tab, other]) assert.equal((await one.session(config)).status, "signed-in");
});

test("a session that an earlier page kept has run out: the next page never shows it", async (t) => {
  const config = openid.config({ tokenStore: "local", idleLimit: 60 });
  const tab = await signedIn(t, config);
  await tab.evaluate(() => {
    const key = Object.keys(localStorage).find((key) => key.startsWith("wicketgate.active."));
    localStorage[key] = String(Date.now() - 61_000);
  });
  await tab.visit("/");
  const { status, wasIdle } = await tab.session(config);
  assert.deepEqual([status, wasIdle], ["signed-out", true]);
});
