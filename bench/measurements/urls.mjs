// Authorization URLs per second: each library's own calls for one, with PKCE and a stored transaction, one after the other. In
// two situations: with few pending logins, as real users have them, and two hundred in a row.
import assert from "node:assert/strict";
import { takingPartIn } from "../peers/index.mjs";
import { quartiles, rotated } from "../statistics.mjs";

const situations = { few: { rounds: 40, calls: 12 }, many: { rounds: 20, calls: 200 } };

export async function measure(rig) {
  const peers = takingPartIn("urls");
  const tabs = await openIsolated(rig, peers);
  const results = { unit: "1/s", floor: {} };
  for (const [situation, { rounds, calls }] of Object.entries(situations)) {
    const samples = Object.fromEntries(peers.map(({ name }) => [name, []]));
    const writes = [];
    for (let round = 0; round < rig.rounds(rounds); round++) {
      rig.noise();
      for (const { name } of rotated(peers, round)) samples[name].push(await tabs.get(name).evaluate(timeUrls, { calls }));
      writes.push(await tabs.get("wicketgate").evaluate(timeUrls, { calls, writeOnly: true }));
    }
    results[situation] = Object.fromEntries(peers.map(({ name }) => [name, quartiles(samples[name])]));
    results.floor[situation] = quartiles(writes);
  }
  await Promise.all([...tabs.values()].map((tab) => tab.context().close()));
  return results;
}

async function openIsolated(rig, peers) {
  rig.page.isolated = true;
  const tabs = new Map();
  for (const peer of peers) {
    const tab = await rig.open(peer);
    const url = await tab.evaluate(async () => (globalThis.client = await connect()) && client.url());
    const { searchParams } = new URL(url);
    for (const name of ["state", "code_challenge"]) assert(searchParams.has(name), `${peer.name} sends no ${name}`);
    assert(await tab.evaluate(() => crossOriginIsolated), "the page's clock is coarse");
    tabs.set(peer.name, tab);
  }
  rig.page.isolated = false;
  return tabs;
}

/** Runs in the page. With `writeOnly` there is no peer: only a write to the store, of the length of a transaction. */
async function timeUrls({ calls, writeOnly = false }) {
  const transaction = "x".repeat(400);
  const run = async () => {
    sessionStorage.clear();
    localStorage.clear();
    let ms = 0;
    for (let call = 0; call < calls; call++) {
      client.forget?.();
      const start = performance.now();
      if (writeOnly) sessionStorage.setItem(`floor.${call}`, transaction);
      else await client.url();
      ms += performance.now() - start;
    }
    return ms;
  };
  await run(); // not counted
  return (calls * 1000) / (await run());
}
