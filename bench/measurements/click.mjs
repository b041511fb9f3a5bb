// The login button: from the click until the browser begins the navigation to the server. Before the click, the page was idle for
// long enough to do what the library does in an idle page.
import assert from "node:assert/strict";
import { takingPartIn } from "../peers/index.mjs";
import { profiles, slowDown } from "../profiles.mjs";
import { quartiles, rotated } from "../statistics.mjs";

const rounds = { fast: 9, slow: 5 };

export async function measure(rig) {
  const results = { unit: "ms" };
  for (const [name, profile] of Object.entries(profiles)) {
    const peers = takingPartIn("click");
    const samples = Object.fromEntries(peers.map(({ name }) => [name, []]));
    const last = rig.rounds(rounds[name]);
    for (let round = 0; round < last; round++) {
      rig.noise();
      for (const peer of rotated(peers, round)) samples[peer.name].push(await click(rig, peer, profile));
    }
    results[name] = Object.fromEntries(peers.map(({ name }) => [name, quartiles(samples[name])]));
  }
  return results;
}

async function click(rig, peer, profile) {
  const tab = await rig.open(peer);
  try {
    await slowDown(tab, profile);
    await tab.evaluate(async () => {
      globalThis.client = await connect();
      await client.idle?.();
    });
    const { ms, url } = await tab.evaluate(
      () =>
        new Promise((resolve, reject) => {
          navigation.addEventListener("navigate", (event) => {
            const ms = performance.now() - start;
            // The page must stay, because the next page would not know the result.
            event.preventDefault();
            resolve({ ms, url: event.destination.url });
          });
          const start = performance.now();
          Promise.resolve(client.begin()).catch(reject);
        }),
    );
    assert(new URL(url).searchParams.has("state"), `${peer.name}: ${url}`);
    return ms;
  } finally {
    await tab.context().close();
  }
}
