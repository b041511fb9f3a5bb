// Fifty concurrent calls for a token that has just expired: in one tab, and in five tabs that share a store, ten calls each.
// The figure is the number of requests that reach the server. The server accepts a refresh token once (RFC 9700 §4.14.2), so it
// refuses a second request with the same one.
import assert from "node:assert/strict";
import { takingPartIn } from "../peers/index.mjs";

const CALLS = 50;
const TABS = 5;
/** The computer sleeps a little longer than a token lives. */
const ASLEEP = 3700;

/** These peers have no store that tabs share: after a login in one tab, another tab has no session. */
const alone = ["oauth4webapi", "keycloak-js"];

export async function measure(rig) {
  const results = {};
  for (const peer of takingPartIn("refresh")) {
    results[peer.name] = { oneTab: await refresh(rig, peer, 1) };
    if (!alone.includes(peer.name)) results[peer.name].fiveTabs = await refresh(rig, peer, TABS);
  }
  return results;
}

async function refresh(rig, peer, count) {
  const { provider } = rig;
  const context = await rig.browser.newContext();
  await context.addInitScript(slowClock);
  const options = { context, config: rig.config(peer, { shared: count > 1 }) };
  const tabs = [await rig.newTab(peer, options)];
  await tabs[0].goto(rig.page.url(peer));
  const { claims, error } = await rig.logIn(tabs[0]);
  assert(claims, `${peer.name}: ${error?.message}`);
  while (tabs.length < count) {
    const tab = await rig.open(peer, options);
    await tab.evaluate(async () => void (globalThis.client = await connect()));
    tabs.push(tab);
  }
  for (const tab of tabs) assert(await tab.evaluate(() => client.token()), `${peer.name}: a tab has no token`);

  Object.assign(provider, { ahead: ASLEEP, refreshes: 0, refused: 0 });
  await Promise.all(tabs.map((tab) => tab.evaluate((seconds) => globalThis.sleep(seconds), ASLEEP)));
  const outcomes = await Promise.all(tabs.map((tab) => tab.evaluate(askAtOnce, CALLS / count)));
  const { refreshes, refused } = provider;
  provider.ahead = 0;
  await context.close();
  const errors = outcomes.flatMap((outcome) => outcome.errors);
  return { calls: CALLS, requests: refreshes, refused, served: CALLS - errors.length, errors: [...new Set(errors)] };
}

/** Runs in the page before all other code: `sleep(seconds)` sets its clocks forward, and no timer notices. */
function slowClock() {
  const { Date: RealDate } = globalThis;
  const now = performance.now.bind(performance);
  let ahead = 0;
  globalThis.sleep = (seconds) => void (ahead = seconds * 1000);
  performance.now = () => now() + ahead;
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length ? given : [RealDate.now() + ahead]));
    }
    static now() {
      return RealDate.now() + ahead;
    }
  };
}

/** Runs in the page. */
async function askAtOnce(calls) {
  const outcomes = await Promise.allSettled(Array.from({ length: calls }, () => client.token()));
  return { errors: outcomes.filter(({ value }) => !value).map(({ reason }) => `${reason?.name ?? typeof reason}: ${reason?.message ?? "no token"}`) };
}
