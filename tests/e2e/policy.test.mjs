// The sources that the page's Content-Security-Policy must allow, and that it need not allow more.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { sets } from "../../scripts/sets.mjs";
import { entry as entryOfTests } from "./entry.mjs";
import { startStage, until } from "./stage.mjs";

const least = (servers) => `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${servers.join(" ")}`;
const enough = {
  "the policy of the documents": least,
  "trusted types required": (servers) => `${least(servers)}; require-trusted-types-for 'script'`,
  "trusted types required, and none to be had": (servers) => `${least(servers)}; require-trusted-types-for 'script'; trusted-types 'none'`,
};
const noWebAssembly = (servers) => least(servers).replace(" 'wasm-unsafe-eval'", "");
const noFiles = (servers) => least(servers).replace("connect-src 'self'", "connect-src");

const { module } = sets.find(({ entry }) => entry === entryOfTests).files;
const bytes = await readFile(createRequire(import.meta.url).resolve(`wicketgate/${module}`));
let policy;
const stages = {};
for (const entry of [entryOfTests, `${entryOfTests}/streaming`]) {
  const page = { built: { [`/${module}`]: bytes }, policy: ({ servers }) => policy(servers) };
  stages[entry] = await startStage({ entry, page });
}
after(() => Promise.all(Object.values(stages).map((stage) => stage.close())));

for (const [entry, stage] of Object.entries(stages)) {
  for (const [name, allowed] of Object.entries(enough)) {
    for (const way of stage.ways) {
      way.test(`${entry}, ${name}: logs in by ${way.name}, and nothing is blocked`, async (t) => {
        const tab = await open(t, stage, allowed);
        const { session } = await tab.logIn(way.config());
        assert.equal(session.status, "signed-in");
        assert.deepEqual(await blocked(tab, stage), []);
      });
    }
  }

  test(`${entry}, a policy without 'wasm-unsafe-eval': wasm_blocked, and the hint names it`, async (t) => {
    const tab = await open(t, stage, noWebAssembly);
    for (const { config } of stage.ways.filter(({ isPossible }) => isPossible)) {
      const error = await tab.begin(config()).catch((error) => error);
      assert.equal(error.code, "wasm_blocked");
      assert.match(error.hint, /'wasm-unsafe-eval', add it to script-src/);
    }
    assert.equal(tab.url, `${stage.page.origin}/`);
  });
}

test("trusted types are in force: a text that becomes markup is refused", async (t) => {
  const tab = await open(t, stages[entryOfTests], enough["trusted types required"]);
  const refused = await tab.evaluate(() => {
    try {
      document.documentElement.innerHTML = "<b>text</b>";
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(refused, "TypeError");
  assert.equal((await blocked(tab, stages[entryOfTests])).length, 1, "what is blocked would show in the other tests");
});

test(`${entryOfTests}/streaming, a policy without 'self' in connect-src: network_failed, and the hint names connect-src`, async (t) => {
  const stage = stages[`${entryOfTests}/streaming`];
  const tab = await open(t, stage, noFiles);
  const { config } = stage.ways.find(({ isPossible }) => isPossible);
  const error = await tab.begin(config()).catch((error) => error);
  assert.equal(error.code, "network_failed");
  assert.match(error.hint, /connect-src/);
  assert((await blocked(tab, stage)).length > 0, "what is blocked would show in the other tests");
});

/** A tab on the page under this policy, whose browser reports every blocked request. */
async function open(t, stage, wanted) {
  policy = (servers) => `${wanted(servers)}; report-uri /violations`;
  const tab = await stage.open(t);
  stage.page.violations.length = 0;
  await tab.visit("/");
  return tab;
}

/**
 * The requests that were blocked until now. Reports arrive later, so it waits for the report of one more request, which does
 * not count.
 */
async function blocked(tab, { page }) {
  await tab.evaluate(() => void (new Image().src = "/the-last-one.png"));
  const isLast = (report) => report["blocked-uri"].endsWith("/the-last-one.png");
  await until(() => page.violations.some(isLast), "the report of what is blocked");
  // The test page has an icon, which an app's policy would have to allow.
  return page.violations.filter((report) => !isLast(report) && !report["blocked-uri"].endsWith("/icon.svg"));
}
