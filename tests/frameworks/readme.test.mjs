// What the README shows of a framework is what the tests of its example have tried, line by line.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const [, section] = /^## React, Vue, Svelte, Solid$([^]*?)^## /m.exec(read("README.md"));

const files = {
  React: ["examples/react/src/App.tsx"],
  Vue: ["examples/vue/src/main.ts"],
  Solid: ["examples/solid/src/App.tsx"],
  Svelte: ["src/lib/auth.ts", "src/routes/+layout.ts", "src/routes/(guarded)/+layout.ts", "src/app.html"].map(
    (path) => `examples/svelte/${path}`,
  ),
};

for (const [framework, paths] of Object.entries(files)) {
  test(`the README's lines for ${framework} are at most ten, and are the example's, in its order`, () => {
    const [, block] = new RegExp(`^${framework}\\b.*\\n\\n\`\`\`\\w+\\n([^]*?)\`\`\``, "m").exec(section);
    const lines = block.split("\n").map((line) => line.trim()).filter((line) => line && !/^(\/\/|<!--)/.test(line));
    assert(lines.length <= 10, `${lines.length} lines`);
    const rest = paths.flatMap((path) => read(path).split("\n").map((line) => line.trim()));
    for (const line of lines) {
      const at = rest.indexOf(line);
      assert(at >= 0, `not in the example, or not there: ${line}`);
      rest.splice(0, at + 1);
    }
  });
}

test("the examples look alike: one style sheet", () => {
  const [first, ...others] = Object.values(files).map(([path]) => read(path.replace(/src\/.*/, "src/style.css")));
  for (const other of others) assert.equal(other, first);
});
