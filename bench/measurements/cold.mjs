// From the start of the navigation to an authorization URL, each time in a new browser profile: nothing is cached.
import assert from "node:assert/strict";
import { takingPartIn } from "../peers/index.mjs";
import { quartiles, rotated } from "../statistics.mjs";

const profiles = {
  fast: { rounds: 11 },
  // 1.6 Mbit/s, 150 ms until an answer begins, and a quarter of the speed.
  slow: { rounds: 7, network: { latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 }, slowdown: 4 },
};

/** It knows its one server's paths, and asks nobody. */
const neverAsks = ["auth0-spa-js"];

export async function measure(rig) {
  const results = { unit: "ms" };
  for (const [name, profile] of Object.entries(profiles)) {
    const samples = {};
    for (let round = 0; round < profile.rounds; round++) {
      rig.noise();
      for (const peer of rotated(takingPartIn("cold"), round)) {
        const sample = (samples[peer.name] ??= { discovered: [], given: [] });
        if (!neverAsks.includes(peer.name)) sample.discovered.push(await coldStart(rig, peer, profile));
        sample.given.push(await coldStart(rig, peer, profile, { metadata: rig.provider.metadata }));
      }
    }
    results[name] = Object.fromEntries(
      Object.entries(samples).map(([peer, { discovered, given }]) => [
        peer,
        { ...(discovered.length && { discovered: summary(discovered) }), given: summary(given) },
      ]),
    );
  }
  return results;
}

function summary(samples) {
  const median = (phase) => (samples.every((sample) => sample[phase]) ? quartiles(samples.map((sample) => sample[phase])).median : undefined);
  return { ...quartiles(samples.map(({ ms }) => ms)), phases: { script: median("script"), asks: median("asks"), answered: median("answered") } };
}

/** @returns the milliseconds until the script is there, the server is asked and has answered, and the URL is there */
export async function coldStart(rig, peer, { network, slowdown }, more) {
  rig.page.head = peer.head;
  const tab = await rig.newTab(peer, { task: "cold", config: rig.config(peer, more) });
  try {
    const result = await rig.resultOf(tab);
    const session = await tab.context().newCDPSession(tab);
    if (network) {
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", { offline: false, ...network });
      await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
    }
    await tab.goto(rig.page.url(peer));
    const { url, ms, loads, error } = await result();
    assert(url?.includes("code_challenge="), `${peer.name}: no authorization URL: ${error ?? url}`);
    const discovery = loads.find(({ name }) => name.includes("/.well-known/"));
    const script = loads.find(({ name }) => name.endsWith("/page.js")).responseEnd;
    return { ms, script, asks: discovery?.startTime, answered: discovery?.responseEnd };
  } finally {
    await tab.context().close();
  }
}
