// A guide's lines for an existing app are lines of that framework's tested example, line by line.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const files = {
  React: ["examples/react/src/App.tsx"],
  Vue: ["examples/vue/src/main.ts"],
  Solid: ["examples/solid/src/App.tsx"],
  Svelte: ["src/lib/auth.ts", "src/routes/+layout.ts", "src/routes/(guarded)/+layout.ts", "src/app.html"].map(
    (path) => `examples/svelte/${path}`,
  ),
};

for (const [framework, paths] of Object.entries(files)) {
  test(`the guide's lines for ${framework} are at most ten, and are the example's, in its order`, () => {
    const [, block] = /^## In an app that exists\n[^]*?```\w+\n([^]*?)```/m.exec(read(`docs/guide/${framework.toLowerCase()}.md`));
    const lines = block.split("\n").map((line) => line.trim()).filter((line) => line && !/^(\/\/|<!--)/.test(line));
    assert(lines.length <= 10, `${lines.length} lines`);
    // An example logs in at both kinds of servers, so it uses the entry that supports both.
    const source = (path) => read(path).replaceAll('"wicketgate/all"', '"wicketgate"');
    const rest = paths.flatMap((path) => source(path).split("\n").map((line) => line.trim()));
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
