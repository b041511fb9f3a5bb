// The lines that the documents add to a framework's bare template: ten at most, and all of them lines of the tested app.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const documents = ["docs/guide/rust.md"];
const apps = ["leptos", "yew", "dioxus"];

const blocks = documents.flatMap((document) =>
  [...readFileSync(document, "utf8").matchAll(/^```diff\n(.*?)^```$/gms)].map(([, block]) => ({ document, block })),
);

for (const app of apps) {
  const sources = ["main.rs", "guard.rs"].map((file) => readFileSync(`examples/${app}/src/${file}`, "utf8"));
  const lines = new Set(sources.flatMap((source) => source.split("\n").map((line) => line.trim())));
  const ofThisApp = blocks.filter(({ block }) => block.includes(`use ${app}::prelude::*;`));

  test(`${app}: the documents show what to add`, () => assert.ok(ofThisApp.length > 0));

  for (const { document, block } of ofThisApp) {
    test(`${app}: what ${document} shows is examples/${app}/src/bare.rs, which compiles`, () => {
      assert.equal(block.replaceAll(/^./gm, ""), readFileSync(`examples/${app}/src/bare.rs`, "utf8"));
    });

    const added = block.split("\n").filter((line) => line.startsWith("+")).map((line) => line.slice(1).trim());

    test(`${app}: ${document} adds ten lines at most`, () => {
      assert.ok(added.length > 0 && added.length <= 10, `${added.length} lines`);
    });

    test(`${app}: the lines in ${document} are lines of the app that is tested`, () => {
      assert.deepEqual(added.filter((line) => !lines.has(line)), []);
    });
  }
}
