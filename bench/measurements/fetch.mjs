// The time of a request to an API with the access token, and of one without, in the same page. The network answers at once.
import { takingPartIn } from "../peers/index.mjs";
import { keys, publicJwk } from "../../tests/provider/jose.mjs";
import { quartiles, rotated } from "../statistics.mjs";
import { answerAtOnce } from "./callbacks.mjs";

const ROUNDS = 20;
const CALLS = 200;
export const api = "https://api.example";

export async function measure(rig) {
  const peers = takingPartIn("fetch").filter(({ name }) => ["wicketgate", "auth0-spa-js"].includes(name));
  const tabs = await signedIn(rig, peers);
  const bare = [];
  const samples = Object.fromEntries(peers.map(({ name }) => [name, []]));
  const last = rig.rounds(ROUNDS);
  for (let round = -1; round < last; round++) {
    rig.noise();
    for (const { name } of rotated(peers, Math.max(round, 0))) {
      const took = await tabs.get(name).evaluate(timeFetches, [CALLS, api]);
      if (round < 0) continue; // the first is not counted
      bare.push(took.bare);
      samples[name].push(took.authorized);
    }
  }
  await Promise.all([...tabs.values()].map((tab) => tab.context().close()));
  return { unit: "µs", bare: quartiles(bare), ...Object.fromEntries(peers.map(({ name }) => [name, quartiles(samples[name])])) };
}

/** A tab for each of `peers`, by its name, with a user who is signed in, and a network that answers at once. */
export async function signedIn(rig, peers, { metadata = rig.provider.metadata, ...more } = {}) {
  rig.page.isolated = true;
  const tabs = new Map();
  for (const peer of peers) {
    const tab = await rig.open(peer, { config: rig.config(peer, { refresh: false, metadata, api, ...more }) });
    const tokenType = more.dpop ? "DPoP" : "Bearer";
    await tab.evaluate(answerAtOnce, { metadata, key: keys["rsa-1"], jwk: publicJwk(keys["rsa-1"], "RS256"), tokenType });
    await tab.evaluate(async () => {
      globalThis.client = await connect();
      await client.callback(await bench.respondTo(await client.url()));
    });
    tabs.set(peer.name, tab);
  }
  rig.page.isolated = false;
  return tabs;
}

/** Runs in the page: microseconds for each request. */
async function timeFetches([calls, api]) {
  const time = async (send) => {
    const start = performance.now();
    for (let call = 0; call < calls; call++) {
      const answer = await send(`${api}/me`);
      if (answer.status !== 200) throw new Error("the API refused");
    }
    return ((performance.now() - start) * 1000) / calls;
  };
  return { bare: await time((url) => fetch(url)), authorized: await time((url) => client.fetch(url)) };
}
