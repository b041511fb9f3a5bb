// Begin-to-URL side by side with oauth4webapi in one page, in turns (`begin-page.js`).
//
// In two situations. First a page of a real user: it has just loaded, and a few logins are pending. Then a loop of thousands,
// in which wicketgate does work that oauth4webapi does not do: with more than 16 pending logins, it removes the oldest from the
// store each time.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { serve } from "../servers/https.mjs";
import { quartiles } from "../statistics.mjs";

const situations = { "a fresh page": { rounds: 60, calls: 7 }, "thousands in a row": { rounds: 20, calls: 200 } };

export async function measure(rig) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("begin-page.js", import.meta.url))],
    bundle: true, minify: true, format: "esm", target: "es2022", write: false,
  });
  const server = await serve((request, response) => {
    const script = request.url === "/page.js";
    // An isolated page has a clock of 5 µs; any other page has one of 100 µs.
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    response.setHeader("content-type", script ? "text/javascript" : "text/html");
    response.end(script ? outputFiles[0].contents : '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>');
  }, rig);
  const page = await rig.browser.newPage();
  page.on("pageerror", (error) => console.error(error));
  const load = async () => {
    await page.goto(server.origin);
    await page.waitForFunction(() => "measure" in globalThis);
  };
  try {
    await load();
    const { ours, theirs } = await page.evaluate(() => globalThis.urls());
    const names = (url) => [...new URL(url).searchParams.keys()].sort();
    assert.deepEqual(names(ours), names(theirs), "the candidates do not build the same request");

    const results = { unit: "µs" };
    for (const [situation, { rounds, calls }] of Object.entries(situations)) {
      const samples = [];
      for (let round = 0; round < rig.rounds(rounds); round++) {
        rig.noise();
        if (situation === "a fresh page") await load();
        samples.push(await page.evaluate(([first, calls]) => globalThis.measure(first, calls), [round, calls]));
      }
      results[situation] = figuresOf(samples);
    }
    return results;
  } finally {
    await page.close();
    await server.close();
  }
}

function figuresOf(samples) {
  const names = Object.keys(samples[0]);
  const figures = Object.fromEntries(names.map((name) => [name, quartiles(samples.map((sample) => sample[name]))]));
  const ratio = (name) => figures[name].median / figures.wicketgate.median;
  return { figures, ratios: { sameJob: ratio("oauth4webapi"), nothingStored: ratio("oauth4webapi, nothing stored") } };
}
