// The streaming form of an entry: the module is a file of its own beside the script.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after } from "node:test";
import { sets } from "../../scripts/sets.mjs";
import { needs, testThatNeeds } from "./browser.mjs";
import { entry } from "./entry.mjs";
import { startStage, until } from "./stage.mjs";

const test = testThatNeeds("tokens");

const file = sets.find((set) => set.entry === entry).files.module;
const module = await readFile(createRequire(import.meta.url).resolve(`wicketgate/${file}`));
const built = { [`/${file}`]: module };
const stage = await startStage({ entry: `${entry}/streaming`, page: { built } });
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
  delete built[`/${file}`];
  t.after(() => (built[`/${file}`] = module));
  const failing = () => tab.run((config) => app.outcome(async () => (await app.createClient(config)).load()), config);
  await assert.rejects(failing(), { code: "network_failed", retryable: true });
  built[`/${file}`] = module;
  await failing();
});

const isMetadata = ({ path }) => path.endsWith("/.well-known/openid-configuration");

test("the server's metadata are asked for while the module is loading, once, and as the module itself asks", async (t) => {
  const tab = await stage.open(t);
  const config = stage.ways[0].config();
  await tab.run(() =>
    app.outcome(() => {
      const { compileStreaming } = WebAssembly;
      WebAssembly.compileStreaming = async (response) => {
        await new Promise((go) => (globalThis.go = go));
        return compileStreaming.call(WebAssembly, response);
      };
    }),
  );
  const asked = () => stage.oidc.requests.filter(isMetadata);
  await tab.evaluate((config) => void (window.connecting = app.outcome(async () => (await app.ready(config)).metadata.issuer)), config);
  await until(() => asked().length === 1, "the metadata are asked for before the module is there");
  await tab.page.waitForFunction(() => "go" in globalThis);
  await tab.run(() => app.outcome(() => globalThis.go()));
  assert.equal(await tab.run(() => window.connecting), stage.oidc.issuer);
  assert.equal(asked().length, 1);

  await tab.run((config) => app.outcome(async () => (await app.createClient(config)).load()), config);
  const [ahead, later] = asked().map(({ method, headers }) => ({ method, headers }));
  assert.deepEqual(ahead, later);
});

test("what was asked ahead serves the call that it was for, and no other", async (t) => {
  const tab = await stage.open(t);
  const config = stage.ways[0].config();
  const create = (config) => tab.run((config) => app.outcome(async () => (await app.createClient(config)).load()), config);
  await assert.rejects(create({ ...config, scope: 7 }), { code: "invalid_config" });
  await create(config);
  assert.equal(stage.oidc.requests.filter(isMetadata).length, 2);
});

test("what was asked ahead takes no longer than requestTimeout", async (t) => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  t.after(() => {
    silent.closeAllConnections();
    silent.close();
  });
  await new Promise((resolve) => silent.on("listening", resolve));
  stage.page.servers.push(`http://127.0.0.1:${silent.address().port}`);
  t.after(() => stage.page.servers.pop());
  const tab = await stage.open(t);
  const config = stage.ways[0].config({ issuer: `http://127.0.0.1:${silent.address().port}`, requestTimeout: 1 });
  const creating = tab.run((config) => app.outcome(async () => (await app.createClient(config)).load()), config);
  await assert.rejects(creating, { code: "timed_out" });
});
