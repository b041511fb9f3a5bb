// "No side effect at import", and safe where there is no window: server-side rendering imports every page.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { build } from "esbuild";

const entries = ["wicketgate", "wicketgate/streaming"];
const globals = [
  "window", "self", "document", "location", "history", "navigator", "sessionStorage", "localStorage",
  "crypto", "fetch", "WebAssembly", "setTimeout", "setInterval", "queueMicrotask", "addEventListener", "console",
];

for (const entry of [...entries, "wicketgate/testing"]) {
  test(`importing ${entry} touches no global and leaves none behind`, () => {
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module"], {
      encoding: "utf8",
      input: `
        const { exit } = process;
        const failed = [];
        for (const name of ${JSON.stringify(globals)}) {
          Object.defineProperty(globalThis, name, { configurable: true, get() { failed.push(name); } });
        }
        const before = Reflect.ownKeys(globalThis).length;
        const names = Object.keys(await import("${entry}"));
        if (Reflect.ownKeys(globalThis).length !== before) failed.push("a global was added");
        if (names.length === 0) failed.push("nothing is exported");
        if (failed.length) { process.stderr.write(failed.join(", ")); exit(1); }
      `,
    });
    assert.equal(status, 0, stderr);
  });

}

for (const entry of entries) {
  test(`a page that imports ${entry} and uses nothing of it gets nothing`, async () => {
    const { outputFiles } = await build({
      stdin: { contents: `import { createClient } from "${entry}";`, resolveDir: "." },
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
    });
    assert.equal(outputFiles[0].text.trim(), "");
  });
}

test("no entry for pages holds anything of wicketgate/testing", () => {
  for (const file of ["index.js", "streaming.js"]) assert.doesNotMatch(readFileSync(`pkg/${file}`, "latin1"), /fakeProvider|login\.test/);
});

test("both entries export the same names, and no others", async () => {
  const names = ["beginLogin", "createClient", "handleCallback", "isWicketgateError", "worksmart"];
  for (const entry of entries) assert.deepEqual(Object.keys(await import(entry)).sort(), names, entry);
});
