// The entry `wicketgate/streaming`: the module is a file of its own beside the script.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { needs } from "./browser.mjs";
import { startStage } from "./stage.mjs";

const module = await readFile(createRequire(import.meta.url).resolve("wicketgate/wicketgate_bg.wasm"));
const built = { "/wicketgate_bg.wasm": module };
const stage = await startStage({ entry: "wicketgate/streaming", page: { built } });
after(() => stage.close());

test("logs in as the other entry does, and the module comes as a file", needs("traffic"), async (t) => {
  const tab = await stage.open(t);
  const modules = [];
  tab.page.on("response", (response) => response.url().endsWith(".wasm") && modules.push(response.status()));
  const [{ config }] = stage.ways;
  const { session } = await tab.logIn(config());
  assert.equal(session.status, "signed-in");
  assert(modules.length > 0 && modules.every((status) => status === 200), `the module was not fetched: ${modules}`);
});

test("a module that is not there: network_failed, and it is fetched again when it is", async (t) => {
  const tab = await stage.open(t);
  const config = stage.ways[0].config();
  delete built["/wicketgate_bg.wasm"];
  t.after(() => (built["/wicketgate_bg.wasm"] = module));
  const failing = () => tab.run((config) => app.outcome(async () => void (await app.createClient(config))), config);
  await assert.rejects(failing(), { code: "network_failed", retryable: true });
  built["/wicketgate_bg.wasm"] = module;
  await failing();
});
