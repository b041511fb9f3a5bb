// Where the time goes: `node bench/profile.mjs PEER urls|callbacks|cold`. Prints the functions that Chromium's sampling
// profiler found on top of the stack, by share. For `urls`, also prints the cost of each write to a store.
import { answerAtOnce } from "./measurements/callbacks.mjs";
import { keys, publicJwk } from "../tests/provider/jose.mjs";
import { peers } from "./peers/index.mjs";
import { startRig } from "./rig.mjs";

const [name, what] = process.argv.slice(2);
const peer = peers.find((candidate) => candidate.name === name);
const works = { urls, callbacks, cold };
if (!peer || !works[what]) {
  console.error(`profile: give a peer (${peers.map(({ name }) => name).join(", ")}) and one of ${Object.keys(works).join(", ")}`);
  process.exit(1);
}
const rig = await startRig();
try {
  await works[what]();
} finally {
  await rig.close();
}

async function urls() {
  const tab = await connected();
  await sampled(tab, () =>
    tab.evaluate(async () => {
      for (let call = 0; call < 6000; call++) {
        if (call % 12 === 0) sessionStorage.clear(), localStorage.clear();
        client.forget?.();
        await client.url();
      }
    }),
  );
  console.log(await tab.evaluate(withoutStores));
}

async function callbacks() {
  const tab = await connected({ refresh: false, metadata: rig.provider.metadata }, answerAtOnce);
  await sampled(tab, () =>
    tab.evaluate(async () => {
      for (let call = 0; call < 1000; call++) {
        client.forget?.();
        const back = await bench.respondTo(await client.url());
        client.arrive?.(back);
        await client.callback(back);
      }
    }),
  );
}

async function cold() {
  const tab = await rig.newTab(peer, { task: "cold" });
  const result = await rig.resultOf(tab);
  const session = await tab.context().newCDPSession(tab);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await sampled(tab, async () => {
    await tab.goto(rig.page.url(peer));
    await result();
  });
}

async function connected(more, prepare) {
  rig.page.isolated = true;
  const tab = await rig.open(peer, { config: rig.config(peer, more) });
  const { metadata } = rig.provider;
  if (prepare) await tab.evaluate(prepare, { metadata, key: keys["rsa-1"], jwk: publicJwk(keys["rsa-1"], "RS256") });
  await tab.evaluate(async () => void (globalThis.client = await connect()));
  return tab;
}

/** A key that belongs to nobody, or to the rig, which signs the tokens with it. */
function isNotTheirs(key) {
  return /^(\(idle\)|sign) /.test(key);
}

async function sampled(tab, work) {
  const session = await tab.context().newCDPSession(tab);
  await session.send("Profiler.enable");
  await session.send("Profiler.setSamplingInterval", { interval: 100 });
  await session.send("Profiler.start");
  await work();
  const { profile } = await session.send("Profiler.stop");

  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const shares = new Map();
  let total = 0;
  profile.samples.forEach((id, i) => {
    const { functionName, url, lineNumber, columnNumber } = frames.get(id);
    const place = url.startsWith("wasm") ? "module" : url ? `${url.split("/").pop()}:${lineNumber + 1}:${columnNumber + 1}` : "browser";
    const key = `${functionName || "(anonymous)"}  ${place}`;
    shares.set(key, (shares.get(key) ?? 0) + profile.timeDeltas[i]);
    if (!isNotTheirs(key)) total += profile.timeDeltas[i];
  });
  const sorted = [...shares].filter(([key]) => !isNotTheirs(key)).sort(([, a], [, b]) => b - a);
  for (const [key, time] of sorted.slice(0, 25)) console.log(`${((100 * time) / total).toFixed(1).padStart(5)} %  ${key}`);
}

/** Runs in the page: microseconds for a URL as it is, and if each kind of write were free. */
async function withoutStores() {
  const { setItem, getItem } = Storage.prototype;
  const kinds = new Set();
  let free; // the kind of writes that go to a map
  const map = new Map();
  const kindOf = (key) => /^[\w-]+(\.[a-z]+)?/i.exec(key)[0];
  Storage.prototype.setItem = function (key, value) {
    kinds.add(kindOf(key));
    if (kindOf(key) === free) map.set(key, String(value));
    else setItem.call(this, key, value);
  };
  Storage.prototype.getItem = function (key) {
    return map.get(key) ?? getItem.call(this, key);
  };
  const time = async (kind) => {
    free = kind;
    let ms = 0;
    for (let round = 0; round < 100; round++) {
      map.clear();
      sessionStorage.clear();
      localStorage.clear();
      const start = performance.now();
      for (let call = 0; call < 12; call++) {
        client.forget?.();
        await client.url();
      }
      ms += performance.now() - start;
    }
    return ((ms * 1000) / 1200).toFixed(1);
  };
  await time();
  const lines = [`${await time()} µs for each URL`];
  for (const kind of kinds) lines.push(`${await time(kind)} µs if writing ${kind}… cost nothing`);
  Object.assign(Storage.prototype, { setItem, getItem });
  return lines.join("\n");
}
