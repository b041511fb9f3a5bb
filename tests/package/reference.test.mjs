// `make docs` makes docs/reference/api/ from the types, and it has every public name.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

const folder = "docs/reference/api";
const pages = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
const { exports } = JSON.parse(readFileSync("pkg/package.json", "utf8"));

/** The names that a declaration file exports, directly or through others. */
function namesIn(file) {
  const text = readFileSync(file, "utf8");
  const declared = [...text.matchAll(/^export (?:declare )?(?:abstract )?(?:const|function|class|interface|type) (\w+)/gm)].map(([, name]) => name);
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) => list.split(",").map((name) => name.trim().split(" as ").at(-1).replace(/^type /, "")).filter(Boolean));
  const others = [...text.matchAll(/^export (?:type )?\* from "(\.[^"]+)"/gm)].flatMap(([, path]) => namesIn(join(dirname(file), path.replace(/\.js$/, ".d.ts"))));
  return [...declared, ...listed, ...others];
}

const entries = Object.values(exports).map(({ types }) => types).filter(Boolean);

for (const types of entries) {
  test(`the reference has every name of ${types}`, () => {
    const names = namesIn(join("pkg", types));
    assert(names.length > 0);
    const missing = names.filter((name) => !pages.some((page) => new RegExp(`^#+ ${name}\\b|^(?:Re-exports|Renames and re-exports) \\[?${name}\\b|\\b${name}\\b\\]?\\(`, "m").test(page)));
    assert.deepEqual(missing, [], "run make docs");
  });
}

test("the reference has every member of the package's own types", () => {
  const text = readFileSync("pkg/types.d.ts", "utf8");
  const members = [...text.matchAll(/^ {4}(?:readonly )?(\w+)(?:\?|\(|:)/gm)].map(([, name]) => name);
  assert(members.length > 80, `${members.length}`);
  const all = pages.join("\n");
  assert.deepEqual([...new Set(members)].filter((name) => !new RegExp(`\\b${name}\\b`).test(all)), [], "run make docs");
});
