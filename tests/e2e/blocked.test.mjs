// A page whose policy forbids WebAssembly is told so, instead of hanging.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startStage } from "./stage.mjs";

const stage = await startStage({ page: { scripts: "'self'" } });
after(() => stage.close());

test("a policy without 'wasm-unsafe-eval': wasm_blocked, and the hint names the policy", async (t) => {
  const tab = await stage.open(t);
  for (const { config } of stage.ways) {
    const error = await tab.begin(config()).catch((error) => error);
    assert.equal(error.code, "wasm_blocked");
    assert.match(error.hint, /wasm-unsafe-eval/);
  }
  assert.equal(tab.url, `${stage.page.origin}/`);
});
