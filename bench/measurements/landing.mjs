// The callback page: from the start of the navigation until the user is signed in. The page loads its script, redeems the code and
// checks the ID token; or it hands the code to its backend, which answers at once.
import assert from "node:assert/strict";
import { takingPartIn } from "../peers/index.mjs";
import { profiles, slowDown } from "../profiles.mjs";
import { redirectOf } from "../servers/https.mjs";
import { quartiles, rotated } from "../statistics.mjs";

const rounds = { fast: 9, slow: 7 };

export async function measure(rig) {
  const results = { unit: "ms" };
  for (const [name, profile] of Object.entries(profiles)) {
    const peers = takingPartIn("landing");
    const samples = Object.fromEntries(peers.map(({ name }) => [name, []]));
    const last = rig.rounds(rounds[name]);
    for (let round = 0; round < last; round++) {
      rig.noise();
      for (const peer of rotated(peers, round)) samples[peer.name].push(await landing(rig, peer, profile));
    }
    results[name] = Object.fromEntries(peers.map(({ name }) => [name, quartiles(samples[name])]));
  }
  return results;
}

async function landing(rig, peer, profile) {
  const tab = await rig.newTab(peer, { task: "landing", config: rig.config(peer, { refresh: false }) });
  try {
    const result = await rig.resultOf(tab);
    await tab.goto(rig.page.url(peer));
    await tab.waitForFunction(() => "connect" in globalThis);
    const url = await tab.evaluate(async () => (await connect()).url());
    const back = await redirectOf(url);
    // As after a real login, the page is loaded anew, even if the answer is in the fragment of the same address.
    await tab.goto("about:blank");
    await slowDown(tab, profile);
    await tab.goto(back);
    const { sub, ms, error } = await result();
    assert.equal(sub, "ada", `${peer.name}: ${error} ${tab.errors}`);
    return ms;
  } finally {
    await tab.context().close();
  }
}
