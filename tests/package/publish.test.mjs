// The package as it would be published: its manifest, its types, its files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { SourceMap } from "node:module";
import { homedir } from "node:os";
import { test } from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { sets } from "../../scripts/sets.mjs";

const files = readdirSync("pkg", { recursive: true }).filter((file) => statSync(`pkg/${file}`).isFile());
const read = (file) => readFileSync(`pkg/${file}`);

test("publint finds nothing", async () => {
  const { messages, pkg } = await publint({ pkgDir: "pkg", strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test("the types are what a resolver finds", () => {
  // ES modules only: this package is for browsers and their bundlers.
  execFileSync("node_modules/.bin/attw", ["--pack", "pkg", "--profile", "esm-only", "--exclude-entrypoints", ...sets.map(({ files }) => `./${files.module}`)]);
});

test("the package has the crate's version", () => {
  const crate = /^version = "(.+)"$/m.exec(readFileSync("Cargo.toml", "utf8"))[1];
  assert.equal(JSON.parse(read("package.json")).version, crate);
});

test("the package says what it is and under which licence", () => {
  for (const file of ["README.md", "LICENSE-MIT", "LICENSE-APACHE"]) assert.ok(files.includes(file), `${file} is missing`);
});

test("the licences of every crate in the module are there, with their texts", () => {
  const command = ["tree", "--package", "wicketgate", "--features", "small-allocator", "--target", "wasm32-unknown-unknown"];
  const tree = execFileSync("cargo", [...command, "--edges", "normal", "--prefix", "none", "--format", "{p}"], { encoding: "utf8" });
  const crates = tree.match(/^\S+ v\S+/gm).map((crate) => crate.replace(" v", " ")).filter((crate) => !crate.startsWith("wicketgate "));
  assert.ok(crates.length > 20);

  const rule = `\n${"-".repeat(80)}\n`;
  const [list, ...sections] = read("THIRD-PARTY-LICENSES").toString().split(rule);
  const withText = sections.filter((_, index) => index % 2 === 0 && sections[index + 1]?.length > 500).flatMap((owners) => owners.split(", "));
  for (const crate of [...crates, "Rust's standard library"]) {
    assert.match(list, new RegExp(`^${crate.replaceAll(".", "\\.")}\\b.*: .*(MIT|Apache|BSD)`, "m"), `${crate} is not listed`);
    assert.ok(withText.some((title) => title.startsWith(crate)), `${crate} has no text`);
  }
});

test("no file names the machine it was made on", () => {
  const paths = [process.cwd(), homedir() + "/", ".cargo/registry", ".rustup/", "/rustc/"];
  for (const file of files) {
    const text = read(file).toString("latin1");
    for (const path of paths) assert.ok(!text.includes(path), `${file} holds ${path}`);
  }
});

for (const { entry, files } of sets) {
  test(`${entry} imports its module when it is needed; with /streaming it names the file of its own`, () => {
    const text = (name) => read(`${name}.js`).toString();
    assert.doesNotMatch(text(files.index), /import\.meta|^import\b/m);
    assert(text(files.index).includes(`() => import("./${files.embedded}.js")`));
    assert.doesNotMatch(text(files.embedded), /import\.meta|^import\b/m);
    assert(text(files.streaming).includes(`new URL("${files.module}", import.meta.url)`));
  });
}

test("the source maps name sources without the bytes of the module", () => {
  for (const entry of ["index", "embedded", "streaming"]) {
    const { sources, sourcesContent } = JSON.parse(read(`${entry}.js.map`));
    assert.ok(sources.includes(`../npm/${entry}.ts`));
    assert.ok(!sourcesContent.some((text) => text?.includes("\\u0000asm")));
  }
});

test("the source maps lead to the lines that the code came from", () => {
  for (const entry of ["index", "embedded", "streaming"]) {
    const lines = read(`${entry}.js`).toString().split("\n");
    assert.ok(lines.includes(`//# sourceMappingURL=${entry}.js.map`));
    const map = JSON.parse(read(`${entry}.js.map`));
    const places = new Map(); // a line that is unique in the sources, and its place
    for (const [index, content] of map.sourcesContent.entries()) {
      for (const [line, text] of (content ?? "").split("\n").entries()) {
        places.set(text.trim(), places.has(text.trim()) ? undefined : `${map.sources[index]}:${line}`);
      }
    }

    const sourceMap = new SourceMap(map);
    let compared = 0;
    for (const [index, line] of lines.entries()) {
      const place = places.get(line.trim());
      if (!place || line.trim().length < 30) continue;
      const { originalSource, originalLine } = sourceMap.findEntry(index, line.search(/\S/));
      assert.equal(`${originalSource}:${originalLine}`, place, line);
      compared++;
    }
    assert.ok(compared > 50, `only ${compared} lines of ${entry}.js were compared`);
  }
});
