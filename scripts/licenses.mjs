// Prints the licences of everything that the module is compiled from: crates, the crates that generate code for them, and
// Rust's standard library. It reads cargo's record of the build, so that the list is exact.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

const [compiled] = process.argv.slice(2);
const all = readFileSync(compiled, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line))
  // A build script runs at build time and is not part of the module.
  .filter(({ reason, target }) => reason === "compiler-artifact" && !target.kind.includes("custom-build"))
  .map(({ manifest_path: manifest }) => dirname(manifest));
// The modules were compiled from nearly the same crates.
const folders = [...new Set(all)];
const isStandard = (folder) => folder.replaceAll("\\", "/").includes("/rustlib/src/");
const isOfCompiler = (folder) => isStandard(folder) && folder.endsWith("compiler-builtins");
const crates = new Set(folders.filter((folder) => folder !== process.cwd() && !isStandard(folder)));
if (crates.size === 0) throw new Error(`licenses: there is no crate in ${compiled}`);
const parts = [
  standardLibrary(),
  ...folders.filter(isOfCompiler).map(compilerBuiltins),
  ...[...crates].map(readCrate).sort((a, b) => (a.title < b.title ? -1 : 1)),
];

const owners = new Map(); // each text, with its owners
for (const { title, texts } of parts) {
  for (const text of texts) owners.set(text, [...(owners.get(text) ?? []), title]);
}

const rule = "-".repeat(80);
console.log(`wicketgate is under MIT OR Apache-2.0: LICENSE-MIT, LICENSE-APACHE. Its WebAssembly modules, in
files named .wasm and embedded.js, are compiled from it and from what is listed here: crates, among them
macros that write code into it, and Rust's standard library. The texts of their licences follow. Where
there is a choice of MIT and Apache-2.0, it is the text of MIT; that of Apache-2.0 is in LICENSE-APACHE.

${parts.map(({ title, license }) => `${title}: ${license}`).join("\n")}`);
for (const [text, titles] of owners) console.log(`\n${rule}\n${titles.join(", ")}\n${rule}\n\n${text}`);

function readCrate(folder) {
  const { title, license } = readManifest(folder);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|copyright|notice|unlicense)/i.test(file));
  const isChoice = /\bMIT( OR |\/)Apache-2\.0\b|\bApache-2\.0( OR |\/)MIT\b/.test(license) && files.some((file) => /mit/i.test(file));
  const texts = files
    .filter((file) => !(isChoice && /apache/i.test(file)))
    .sort()
    .map((file) => readText(join(folder, file)));
  return { title, license, texts: texts.length > 0 ? texts : [usualText(title, license)] };
}

function standardLibrary() {
  const [, version] = /^rustc (\S+)/.exec(execFileSync("rustc", ["--version"], { encoding: "utf8" }));
  const [title, license] = [`Rust's standard library ${version}`, "MIT OR Apache-2.0"];
  return { title, license, texts: [usualText(title, license)] };
}

/** The text for a crate that only names its licence. */
function usualText(title, license) {
  if (!/\bMIT\b/.test(license)) throw new Error(`licenses: ${title} brings no text of ${license}`);
  return readText("LICENSE-MIT").replace(/^Copyright .*$/m, `Copyright (c) the authors of ${title}`);
}

/** The only part of the standard library with further terms, which lie one folder up. */
function compilerBuiltins(folder) {
  return { ...readManifest(folder), texts: [readText(join(folder, "..", "LICENSE.txt"))] };
}

function readManifest(folder) {
  const manifest = readText(join(folder, "Cargo.toml"));
  const [name, version, license] = ["name", "version", "license"].map((key) => new RegExp(`^${key} = "(.*)"$`, "m").exec(manifest)?.[1]);
  return { title: `${name} ${version}`, license };
}

function readText(path) {
  return readFileSync(path, "utf8").replaceAll("\r\n", "\n").trim();
}
