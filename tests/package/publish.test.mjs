// What would be published: its manifest, its types, its files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { test } from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const files = readdirSync("pkg", { recursive: true }).filter((file) => statSync(`pkg/${file}`).isFile());
const read = (file) => readFileSync(`pkg/${file}`);

test("publint finds nothing", async () => {
  const { messages, pkg } = await publint({ pkgDir: "pkg", strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test("the types are what a resolver finds", () => {
  // ES modules only: this package is for browsers and their bundlers.
  execFileSync("node_modules/.bin/attw", ["--pack", "pkg", "--profile", "esm-only", "--exclude-entrypoints", "./wicketgate_bg.wasm"]);
});

test("the package has the crate's version", () => {
  const crate = /^version = "(.+)"$/m.exec(readFileSync("Cargo.toml", "utf8"))[1];
  assert.equal(JSON.parse(read("package.json")).version, crate);
});

test("the package says what it is and under which licence", () => {
  for (const file of ["README.md", "LICENSE-MIT", "LICENSE-APACHE"]) assert.ok(files.includes(file), `${file} is missing`);
});

test("no file names the machine it was made on", () => {
  const paths = [process.cwd(), homedir() + "/", ".cargo/registry", ".rustup/", "/rustc/"];
  for (const file of files) {
    const text = read(file).toString("latin1");
    for (const path of paths) assert.ok(!text.includes(path), `${file} holds ${path}`);
  }
});

test("the embedded entry needs no second file; the streaming entry names its own", () => {
  assert.doesNotMatch(read("index.js").toString(), /import\.meta/);
  assert.match(read("streaming.js").toString(), /new URL\("wicketgate_bg\.wasm", import\.meta\.url\)/);
});

test("the source maps name sources without the bytes of the module", () => {
  for (const entry of ["index", "streaming"]) {
    const { sources, sourcesContent } = JSON.parse(read(`${entry}.js.map`));
    assert.ok(sources.includes(`../npm/${entry}.ts`));
    assert.ok(!sourcesContent.some((text) => text?.includes("\\u0000asm")));
  }
});
