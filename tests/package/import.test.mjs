// Importing has no side effect, and is safe without a window: server-side rendering imports every page.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { build } from "esbuild";
import { sets } from "../../scripts/sets.mjs";

const entries = sets.flatMap(({ entry }) => [entry, `${entry}/streaming`]);
const globals = [
  "window", "self", "document", "location", "history", "navigator", "sessionStorage", "localStorage",
  "crypto", "fetch", "WebAssembly", "setTimeout", "setInterval", "queueMicrotask", "addEventListener", "console",
];

for (const entry of [...entries, "wicketgate/testing", "wicketgate/doctor"]) {
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
  const files = sets.flatMap(({ files: { index, embedded, streaming } }) => [index, embedded, streaming]);
  for (const file of files) assert.doesNotMatch(readFileSync(`pkg/${file}.js`, "latin1"), /fakeProvider|login\.test/);
});
