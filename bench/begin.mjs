// Begin-to-URL in headless Chromium: wicketgate side by side with oauth4webapi, in one page, in turns.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const rounds = 40;
const calls = 200;

const { outputFiles } = await build({
  entryPoints: ["bench/page.js"], bundle: true, minify: true, format: "esm", target: "es2022", write: false,
});
const server = createServer((request, response) => {
  const script = request.url === "/page.js";
  response.setHeader("content-type", script ? "text/javascript" : "text/html");
  response.end(script ? outputFiles[0].contents : '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>');
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
  ],
});
let samples;
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => "measure" in globalThis);

  const { ours, theirs } = await page.evaluate(() => globalThis.urls());
  const names = (url) => [...new URL(url).searchParams.keys()].sort();
  assert.deepEqual(names(ours), names(theirs), "the candidates do not build the same request");

  samples = await page.evaluate(([rounds, calls]) => globalThis.measure(rounds, calls), [rounds, calls]);
} finally {
  await browser.close();
  server.close();
}

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];
const results = Object.fromEntries(
  Object.entries(samples).map(([name, values]) => [
    name,
    { lowerQuartile: quantile(values, 0.25), median: quantile(values, 0.5), upperQuartile: quantile(values, 0.75) },
  ]),
);

console.log(`Microseconds for each call: ${rounds} rounds of ${calls} calls, in turns, ${browser.version()}`);
console.log("".padEnd(30) + ["quartile", "median", "quartile"].map((title) => title.padStart(10)).join(""));
for (const [name, { lowerQuartile, median, upperQuartile }] of Object.entries(results)) {
  console.log(name.padEnd(30) + [lowerQuartile, median, upperQuartile].map((value) => value.toFixed(1).padStart(10)).join(""));
}
const ratio = (name) => results[name].median / results.wicketgate.median;
const ratios = { sameJob: ratio("oauth4webapi"), nothingStored: ratio("oauth4webapi, nothing stored") };
console.log(`oauth4webapi takes ${ratios.sameJob.toFixed(2)} times as long for the same job, ${ratios.nothingStored.toFixed(2)} times when it stores nothing`);

mkdirSync("bench/results", { recursive: true });
const version = JSON.parse(readFileSync("node_modules/oauth4webapi/package.json", "utf8")).version;
const record = { browser: browser.version(), oauth4webapi: version, rounds, calls, unit: "µs", results, ratios };
writeFileSync("bench/results/begin.json", JSON.stringify(record, null, 2) + "\n");
