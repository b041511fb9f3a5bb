// What the page's Content-Security-Policy has to allow, and that it need not allow more.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { startStage } from "./stage.mjs";

const least = (servers) => `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${servers.join(" ")}`;
const enough = {
  "the policy of the README": least,
  "trusted types required": (servers) => `${least(servers)}; require-trusted-types-for 'script'`,
  "trusted types required, and none to be had": (servers) => `${least(servers)}; require-trusted-types-for 'script'; trusted-types 'none'`,
};
const noWebAssembly = (servers) => least(servers).replace(" 'wasm-unsafe-eval'", "");
const noFiles = (servers) => least(servers).replace("connect-src 'self'", "connect-src");

const module = await readFile(createRequire(import.meta.url).resolve("wicketgate/wicketgate_bg.wasm"));
let policy;
const stages = {};
for (const entry of ["wicketgate", "wicketgate/streaming"]) {
  const page = { built: { "/wicketgate_bg.wasm": module }, policy: ({ servers }) => policy(servers) };
  stages[entry] = await startStage({ entry, page });
}
after(() => Promise.all(Object.values(stages).map((stage) => stage.close())));

for (const [entry, stage] of Object.entries(stages)) {
  for (const [name, allowed] of Object.entries(enough)) {
    for (const way of stage.ways) {
      test(`${entry}, ${name}: logs in by ${way.name}, and nothing is blocked`, async (t) => {
        const { tab, blocked } = await open(t, stage, allowed);
        const { session } = await tab.logIn(way.config());
        assert.equal(session.status, "signed-in");
        assert.deepEqual(blocked, []);
      });
    }
  }

  test(`${entry}, a policy without 'wasm-unsafe-eval': wasm_blocked, and the hint names it`, async (t) => {
    const { tab } = await open(t, stage, noWebAssembly);
    for (const { config } of stage.ways) {
      const error = await tab.begin(config()).catch((error) => error);
      assert.equal(error.code, "wasm_blocked");
      assert.match(error.hint, /'wasm-unsafe-eval' to script-src/);
    }
    assert.equal(tab.url, `${stage.page.origin}/`);
  });
}

test("trusted types are in force: a text that becomes markup is refused", async (t) => {
  const { tab, blocked } = await open(t, stages.wicketgate, enough["trusted types required"]);
  await assert.rejects(tab.evaluate(() => (document.documentElement.innerHTML = "<b>text</b>")), /TrustedHTML/);
  assert(blocked.length > 0);
});

test("wicketgate/streaming, a policy without 'self' in connect-src: network_failed, and the hint names connect-src", async (t) => {
  const { tab, blocked } = await open(t, stages["wicketgate/streaming"], noFiles);
  const [{ config }] = stages["wicketgate/streaming"].ways;
  const error = await tab.begin(config()).catch((error) => error);
  assert.equal(error.code, "network_failed");
  assert.match(error.hint, /connect-src/);
  assert(blocked.length > 0, "what is blocked would show in the other tests");
});

/** A tab on the page under this policy; and what the browser says that it blocked. */
async function open(t, stage, wanted) {
  policy = wanted;
  const tab = await stage.open(t);
  const blocked = [];
  tab.page.on("console", (message) => {
    const text = message.text();
    // The test page has an icon, which an app would have to allow.
    if (/Content Security Policy|Trusted/.test(text) && !text.includes("/icon.svg")) blocked.push(text);
  });
  await tab.visit("/");
  return { tab, blocked };
}
