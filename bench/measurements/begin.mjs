// Begin-to-URL in headless Chromium: wicketgate side by side with oauth4webapi, in one page, in turns.
//
// In two situations. A page as people have it: it has just been loaded, and a few logins are pending. And a loop of
// thousands, in which wicketgate pays for what oauth4webapi does not do: with more than 16 logins pending it removes
// the oldest from the store each time.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const situations = { "a fresh page": { rounds: 90, calls: 7 }, "thousands in a row": { rounds: 30, calls: 200 } };

const { outputFiles } = await build({
  entryPoints: ["bench/page.js"], bundle: true, minify: true, format: "esm", target: "es2022", write: false,
});
const server = createServer((request, response) => {
  const script = request.url === "/page.js";
  // Isolated, a page has a clock of 5 µs; otherwise one of 100.
  response.setHeader("cross-origin-opener-policy", "same-origin");
  response.setHeader("cross-origin-embedder-policy", "require-corp");
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
const samples = {};
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error));
  const load = async () => {
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => "measure" in globalThis);
  };
  await load();
  const { ours, theirs } = await page.evaluate(() => globalThis.urls());
  const names = (url) => [...new URL(url).searchParams.keys()].sort();
  assert.deepEqual(names(ours), names(theirs), "the candidates do not build the same request");

  for (const [situation, { rounds, calls }] of Object.entries(situations)) {
    samples[situation] = [];
    for (let round = 0; round < rounds; round++) {
      if (situation === "a fresh page") await load();
      samples[situation].push(await page.evaluate(([first, calls]) => globalThis.measure(first, calls), [round, calls]));
    }
  }
} finally {
  await browser.close();
  server.close();
}

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];
const results = {};
console.log(`Microseconds for each call, in turns, ${browser.version()}`);
for (const [situation, rounds] of Object.entries(samples)) {
  console.log(`${situation}, ${rounds.length} rounds of ${situations[situation].calls} calls`.padEnd(42) + " quartile    median  quartile");
  const figures = Object.keys(rounds[0]).map((name) => {
    const values = rounds.map((round) => round[name]);
    return [name, [0.25, 0.5, 0.75].map((q) => quantile(values, q))];
  });
  for (const [name, quartiles] of figures) {
    console.log(`  ${name}`.padEnd(40) + quartiles.map((value) => value.toFixed(1).padStart(10)).join(""));
  }
  const medians = Object.fromEntries(figures.map(([name, [, median]]) => [name, median]));
  const ratio = (name) => medians[name] / medians.wicketgate;
  const ratios = { sameJob: ratio("oauth4webapi"), nothingStored: ratio("oauth4webapi, nothing stored") };
  console.log(`  oauth4webapi takes ${ratios.sameJob.toFixed(2)} times as long for the same job, ${ratios.nothingStored.toFixed(2)} times when it stores nothing`);
  results[situation] = { ...situations[situation], figures: Object.fromEntries(figures), ratios };
}

mkdirSync("bench/results", { recursive: true });
const version = JSON.parse(readFileSync("node_modules/oauth4webapi/package.json", "utf8")).version;
writeFileSync("bench/results/begin.json", JSON.stringify({ browser: browser.version(), oauth4webapi: version, unit: "µs", results }, null, 2) + "\n");
