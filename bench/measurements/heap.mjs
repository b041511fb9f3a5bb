// The memory that a page holds after a login and a garbage collection: the JavaScript heap, and WebAssembly's memory, which is
// not part of it. The memory of a page without a peer is subtracted. Also the browser's own measurement, which includes
// workers.
import assert from "node:assert/strict";
import { nothing, takingPartIn } from "../peers/index.mjs";
import { quartiles, rotated } from "../statistics.mjs";

const ROUNDS = 5;

export async function measure(rig) {
  rig.page.isolated = true;
  const peers = takingPartIn("heap");
  const samples = Object.fromEntries([nothing, ...peers].map(({ name }) => [name, []]));
  for (let round = 0; round < rig.rounds(ROUNDS); round++) {
    rig.noise();
    for (const peer of rotated([nothing, ...peers], round)) {
      const tab = await rig.newTab(peer);
      await tab.addInitScript(watchModules);
      await tab.goto(rig.page.url(peer));
      const { claims, error } = await rig.logIn(tab);
      assert(claims, `${peer.name}: ${error?.message}`);
      samples[peer.name].push(await held(tab));
      await tab.context().close();
    }
  }
  rig.page.isolated = false;
  const of = (list, kind) => quartiles(list.map((sample) => sample[kind]));
  const empty = { heap: of(samples.nothing, "heap").median, browser: of(samples.nothing, "browser").median };
  const results = peers.map(({ name }) => {
    const above = (kind) => quartiles(samples[name].map((sample) => sample[kind] - empty[kind]));
    return [name, { heap: above("heap"), wasm: of(samples[name], "wasm").median, browser: above("browser") }];
  });
  return { unit: "bytes", empty, ...Object.fromEntries(results) };
}

async function held(tab) {
  const session = await tab.context().newCDPSession(tab);
  for (let i = 0; i < 3; i++) await session.send("HeapProfiler.collectGarbage");
  const { usedSize: heap } = await session.send("Runtime.getHeapUsage");
  const wasm = await tab.evaluate(() => bench.memories?.reduce((sum, memory) => sum + memory.buffer.byteLength, 0) ?? 0);
  const { bytes: browser } = await tab.evaluate(() => performance.measureUserAgentSpecificMemory());
  return { heap, wasm, browser };
}

/** Runs in the page before all other code: records the memory of each module that is instantiated. */
function watchModules() {
  const { Instance } = WebAssembly;
  bench.memories = [];
  WebAssembly.Instance = function (module, imports) {
    const instance = new Instance(module, imports);
    bench.memories.push(...Object.values(instance.exports).filter((value) => value instanceof WebAssembly.Memory));
    return instance;
  };
}
