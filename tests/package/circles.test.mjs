// No two files of the package need each other, directly or indirectly: each can be read without the next.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

const root = "npm";
const files = readdirSync(root, { recursive: true }).filter((file) => file.endsWith(".ts") && !file.startsWith("generated"));

/** The files that a file imports or re-exports, types included. */
function neededBy(file) {
  const text = readFileSync(join(root, file), "utf8");
  const named = [...text.matchAll(/\bfrom "(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/g)].map(([, from, dynamic]) => from ?? dynamic);
  const paths = named.map((name) => normalize(join(dirname(file), name.replace(/\.js$/, ".ts"))));
  return paths.filter((path) => existsSync(join(root, path)) && !path.startsWith("generated"));
}

const graph = new Map(files.map((file) => [file, neededBy(file)]));

/** The first circle through `file`, or nothing. */
function circleFrom(file, path = []) {
  if (path.includes(file)) return path[0] === file ? [...path, file] : undefined;
  for (const next of graph.get(file) ?? []) {
    const circle = circleFrom(next, [...path, file]);
    if (circle) return circle;
  }
  return undefined;
}

test("no two files of npm/ import each other", () => {
  assert(files.length > 20, "the files were found");
  assert.deepEqual(files.map((file) => circleFrom(file)?.join(" → ")).filter(Boolean), []);
});
