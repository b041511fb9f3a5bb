// From the start of the navigation until the page knows that nobody is signed in, and until it has an authorization URL. Each
// sample has a new browser profile, so nothing is cached.
import assert from "node:assert/strict";
import { takingPartIn } from "../peers/index.mjs";
import { profiles, slowDown } from "../profiles.mjs";
import { quartiles, rotated } from "../statistics.mjs";

const rounds = { fast: 9, slow: 7 };

/** These peers know the paths of their one server, and fetch no metadata. */
const neverAsks = ["auth0-spa-js"];

export async function measure(rig) {
  const results = { unit: "ms" };
  for (const [name, profile] of Object.entries(profiles)) {
    const last = rig.rounds(rounds[name]);
    const samples = {};
    for (let round = 0; round < last; round++) {
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
  const known = samples.every(({ known }) => known) && { known: quartiles(samples.map(({ known }) => known)) };
  return { ...quartiles(samples.map(({ ms }) => ms)), ...known, phases: { script: median("script"), asks: median("asks"), answered: median("answered") } };
}

/** @returns the milliseconds until the script is loaded, the server is asked, the server has answered, and the URL is made */
export async function coldStart(rig, peer, profile, more) {
  rig.page.head = peer.head;
  const tab = await rig.newTab(peer, { task: "cold", config: rig.config(peer, more) });
  try {
    const result = await rig.resultOf(tab);
    await slowDown(tab, profile);
    await tab.goto(rig.page.url(peer));
    const { url, known, ms, loads, error } = await result();
    assert(url?.includes("code_challenge="), `${peer.name}: no authorization URL: ${error ?? url}`);
    const discovery = loads.find(({ name }) => name.includes("/.well-known/"));
    const script = loads.find(({ name }) => name.endsWith("/page.js")).responseEnd;
    return { ms, known, script, asks: discovery?.startTime, answered: discovery?.responseEnd };
  } finally {
    await tab.context().close();
  }
}
