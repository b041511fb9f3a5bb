// The deliberate mistakes of scripts/mutants and scripts/soak still have their place in the source. Whether they are noticed
// takes minutes, and those scripts; that they have been left behind shows here.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const text = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

for (const list of ["tests/mutants.json", "tests/simulation/broken.json"]) {
  test(`${list}: each change has its place, once`, () => {
    const lost = JSON.parse(text(list))
      .flatMap((change) => change.edits ?? [change])
      .filter(({ file, find }) => text(file).split(find).length !== 2);
    assert.deepEqual(lost, []);
  });
}

test("docs/rules.md and tests/mutants.json name tests that there are", () => {
  const client = readdirSync(new URL("../client/", import.meta.url)).map((name) => `tests/client/${name}`);
  const all = [...client, "tests/redaction.rs"].map(text).join();
  const named = JSON.parse(text("tests/mutants.json")).flatMap(({ test }) => test?.split("::").at(-1) ?? []);
  const ruled = text("docs/rules.md").match(/(?<=`)rule_\d+_\d+_\w+(?=`)/g);
  const lost = [...named, ...ruled].filter((name) => !all.includes(`fn ${name}(`));
  assert.deepEqual(lost, []);
});
