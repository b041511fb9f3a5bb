// A request to an API whose access token is bound to a key (DPoP, RFC 9449): its time, one after the other, and how many go out
// in a second where fifty are under way at once. Each has a proof of its own. The network answers at once.
import assert from "node:assert/strict";
import { takingPartIn } from "../peers/index.mjs";
import { quartiles, rotated } from "../statistics.mjs";
import { api, signedIn } from "./fetch.mjs";

const ROUNDS = 20;
const CALLS = 100;
const AT_ONCE = 50;

export async function measure(rig) {
  const peers = takingPartIn("proofs").filter(({ hasProofs }) => hasProofs);
  const metadata = { ...rig.provider.metadata, dpop_signing_alg_values_supported: ["ES256"] };
  const tabs = await signedIn(rig, peers, { metadata, dpop: true });
  for (const { name } of peers) checkProofs(name, await tabs.get(name).evaluate(sentWith, `${api}/me`));
  const samples = Object.fromEntries(peers.map(({ name }) => [name, { alone: [], together: [] }]));
  const last = rig.rounds(ROUNDS);
  for (let round = -1; round < last; round++) {
    rig.noise();
    for (const { name } of rotated(peers, Math.max(round, 0))) {
      const took = await tabs.get(name).evaluate(timeProofs, [CALLS, AT_ONCE, `${api}/me`]);
      if (round < 0) continue; // the first is not counted
      samples[name].alone.push(took.alone);
      samples[name].together.push(took.together);
    }
  }
  await Promise.all([...tabs.values()].map((tab) => tab.context().close()));
  const figures = ({ alone, together }) => ({ alone: quartiles(alone), together: quartiles(together) });
  return { unit: "µs, 1/s", peers: Object.fromEntries(peers.map(({ name }) => [name, figures(samples[name])])) };
}

/** Nobody is measured who sends no proof, or one proof twice. */
function checkProofs(name, sent) {
  const ids = sent.map(({ authorization, proof }) => {
    assert.match(authorization, /^DPoP /i, name);
    const { jti, htm, htu, ath } = JSON.parse(Buffer.from(proof.split(".")[1], "base64url"));
    assert.deepEqual([htm, htu, typeof ath], ["GET", `${api}/me`, "string"], name);
    return jti;
  });
  assert.equal(new Set(ids).size, 2, name);
}

/** Runs in the page: the header fields of two requests. */
async function sentWith(url) {
  const sent = [];
  bench.watch = (input, init) => {
    const { headers } = new Request(input, init);
    sent.push({ authorization: headers.get("authorization"), proof: headers.get("dpop") });
  };
  await client.fetch(url);
  await client.fetch(url);
  delete bench.watch;
  return sent;
}

/** Runs in the page: microseconds for each request, and requests in a second. */
async function timeProofs([calls, atOnce, url]) {
  const call = async () => {
    const { status } = await client.fetch(url);
    if (status !== 200) throw new Error("the API refused");
  };
  let start = performance.now();
  for (let done = 0; done < calls; done++) await call();
  const alone = ((performance.now() - start) * 1000) / calls;
  start = performance.now();
  for (let done = 0; done < calls; done += atOnce) await Promise.all(Array.from({ length: atOnce }, call));
  return { alone, together: (calls * 1000) / (performance.now() - start) };
}
