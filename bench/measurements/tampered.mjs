// Whether each peer signs a user in by any of twelve responses, each with one error.
import assert from "node:assert/strict";
import { lies } from "../lies.mjs";
import { takingPartIn } from "../peers/index.mjs";

export async function measure(rig) {
  const results = {};
  for (const peer of takingPartIn("tampered")) {
    const tab = await rig.newTab(peer);
    const honest = await logIn(rig, tab, peer);
    assert(honest.claims, `${peer.name} refuses what is right: ${honest.error?.message}`);
    results[peer.name] = {};
    for (const lie of Object.keys(lies)) {
      const { claims, error } = await logIn(rig, tab, peer, lie);
      results[peer.name][lie] = error ? { result: "refused", error } : { result: "accepted", sub: claims?.sub ?? null };
    }
    await tab.context().close();
  }
  return results;
}

async function logIn(rig, tab, peer, lie) {
  await tab.goto(rig.page.url(peer));
  await tab.evaluate(() => {
    sessionStorage.clear();
    localStorage.clear();
  });
  rig.provider.lie = lie;
  try {
    return await rig.logIn(tab);
  } finally {
    rig.provider.lie = undefined;
  }
}
