// Runs the measurements that the arguments name, or all of them; with `--short`, a few rounds of each, to see that they work. Only
// a run of all writes `results.json`, `results.md` and `chart.svg`, so that all their figures come from one run. Each measurement
// also writes its own figures to `results/`.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { drawChart } from "./chart.mjs";
import { peers } from "./peers/index.mjs";
import { goals, markdown } from "./report.mjs";
import { startRig } from "./rig.mjs";
import { quartiles } from "./statistics.mjs";

const names = ["size", "cold", "click", "landing", "fetch", "proofs", "urls", "callbacks", "login", "heap", "tampered", "refresh", "begin"];

const short = process.argv.includes("--short");
const asked = process.argv.slice(2).filter((name) => name !== "--short");
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length) {
  console.error(`bench: there is no ${unknown.join(", ")}; there are ${names.join(", ")}`);
  process.exit(1);
}
const here = (path) => new URL(path, import.meta.url);
mkdirSync(here("results/"), { recursive: true });

const rig = await startRig({ short });
const results = {};
const start = Date.now();
try {
  for (const name of names.filter((name) => !asked.length || asked.includes(name))) {
    const began = Date.now();
    const { measure } = await import(`./measurements/${name}.mjs`);
    results[name] = await measure(rig);
    writeFileSync(here(`results/${name}.json`), text(results[name]));
    console.error(`${name.padEnd(10)} ${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s`);
  }
} finally {
  await rig.close();
}

const noise = rig.loops.length ? quartiles(rig.loops) : undefined;
const all = {
  date: new Date().toISOString().slice(0, 10),
  seconds: Math.round((Date.now() - start) / 1000),
  versions: Object.fromEntries(peers.map((peer) => [peer.package, peer.version])),
  machine: {
    cpu: cpus()[0].model,
    cores: cpus().length,
    chromium: rig.browser.version(),
    node: process.version,
    /** The time of the same loop, repeated while everything else ran, in ms: the machine's own noise. */
    noise: noise && { ...noise, slowest: Math.max(...rig.loops), fastest: Math.min(...rig.loops) },
  },
  ...results,
};
console.log(markdown(all));
if (!asked.length && !short) {
  all.goals = goals(all);
  writeFileSync(here("results.json"), text(all));
  writeFileSync(here("results.md"), markdown(all));
  writeFileSync(here("chart.svg"), drawChart(all));
}

/** The machine does not give more than four significant digits. */
function text(value) {
  const round = (_, figure) => (typeof figure === "number" && !Number.isInteger(figure) ? Number(figure.toPrecision(4)) : figure);
  return `${JSON.stringify(value, round, 2)}\n`;
}
