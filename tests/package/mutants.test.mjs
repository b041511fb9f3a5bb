// The deliberate mistakes of scripts/mutants.mjs and scripts/soak.mjs still have their place in the source. These scripts take
// minutes to check that tests notice the mistakes; this test only finds the mistakes that no longer fit the source.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { patched, readPatches } from "../../scripts/mutation.mjs";
import { readRules } from "../../scripts/rules.mjs";

const mutants = readPatches("tests/mutants");

for (const [folder, patches] of [["tests/mutants", mutants], ["tests/simulation/broken", readPatches("tests/simulation/broken")]]) {
  test(`${folder}: each change has its place, and one only`, () => {
    assert(patches.length > 0);
    assert.deepEqual(patches.map((patch) => patched(patch)).filter((outcome) => typeof outcome === "string"), []);
  });
}

test("each change names what notices it, and that is there", () => {
  const tests = new Set(readRules({ all: true }));
  const lies = new Set(readdirSync(new URL("../provider/lies/", import.meta.url)).map((name) => name.replace(/\.mjs$/, "")));
  const lost = mutants.flatMap(({ path, test, lies: named }) => {
    const missing = [...(test && !tests.has(test) ? [test] : []), ...named.filter((lie) => !lies.has(lie))];
    return test || named.length ? missing.map((name) => `${path}: ${name}`) : [`${path}: nothing`];
  });
  assert.deepEqual(lost, []);
});

test("each rule has a change that breaks it", () => {
  const noticed = new Set(mutants.flatMap(({ test, lies }) => [test, ...lies]));
  const unbroken = readRules().filter(({ tests, lies }) => ![...tests, ...lies].some((name) => noticed.has(name)));
  assert.deepEqual(unbroken.map(({ place }) => place), []);
});
