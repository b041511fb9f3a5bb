// Deliberate mistakes, as patches: reads them, finds the present place of their lines, and tries them in a copy of the tree.
//
// A patch is a unified diff below a few lines that describe it:
//
//     What: 128 bits instead of 256
//     Test: client::request::state::the_state_is_256_bits_of_the_csprng
//     Lies: nonce_missing, nonce_another
//
//     --- a/src/protocol/secret.rs
//     +++ b/src/protocol/secret.rs
//     @@ -61,3 +61,3 @@
//
// `git apply` accepts it, too. But code moves, so this file finds a hunk by the Rust tokens that it replaces, whatever their
// indentation and lines: first in the file that the patch names, and then in all others. Of the tokens around them, only as
// many must be unchanged as make the place unique.
import { spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** All patches below a folder, in the order of their names. */
export function readPatches(folder) {
  const files = readdirSync(join(root, folder), { recursive: true }).filter((file) => file.endsWith(".patch"));
  return files.sort().map((file) => ({ path: join(folder, file), ...parsePatch(readFileSync(join(root, folder, file), "utf8")) }));
}

/**
 * @returns `what`; `test`, if there is one; `lies`; `schedules`, how many of the simulation it takes to notice it, if more than
 *   usual; `edits`, each of a `file` and its `hunks`
 */
export function parsePatch(text) {
  // The lines that Git writes above each file of a diff add nothing.
  const [head, ...diffs] = text.replace(/^(?:diff --git|index) .*\n/gm, "").split(/^(?=--- )/m);
  const members = Object.fromEntries([...head.matchAll(/^(\w+): (.*)$/gm)].map(([, name, value]) => [name.toLowerCase(), value]));
  const edits = diffs.map((diff) => {
    const [, file] = /^\+\+\+ b\/(.*)$/m.exec(diff);
    const hunks = diff.split(/^@@ .*\n/m).slice(1).map((hunk) => hunk.replace(/\n$/, "").split("\n"));
    return { file, hunks };
  });
  return { what: members.what, test: members.test, lies: members.lies?.split(", ") ?? [], schedules: members.schedules, edits };
}

const known = new Map();

/** The Rust tokens of `text`, each with its beginning and end. */
function tokensOf(text) {
  if (!known.has(text)) known.set(text, readTokens(text));
  return known.get(text);
}

function readTokens(text) {
  const found = text.matchAll(/\/\/[^\n]*|b?'(?:[^'\\]|\\.[^']*)'|b?r(#*)".*?"\1|b?"(?:[^"\\]|\\.)*"|\w+|\S/gs);
  return [...found].filter(([token]) => !token.startsWith("//")).map(({ 0: token, index }) => ({ token, from: index, to: index + token.length }));
}

const isSame = (some, at, others, from) => some[at]?.token !== undefined && some[at].token === others[from]?.token;

/** A hunk as tokens: the replaced tokens `old`, the tokens before and after them, and the text that replaces `old`. */
function changeOf(hunk) {
  const side = (sign) => hunk.filter((line) => !line.startsWith(sign)).map((line) => line.slice(1)).join("\n");
  const [before, after] = [side("+"), side("-")];
  const [old, now] = [tokensOf(before), tokensOf(after)];
  let head = 0;
  while (isSame(old, head, now, head)) head += 1;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && isSame(old, old.length - 1 - tail, now, now.length - 1 - tail)) tail += 1;
  const changed = now.slice(head, now.length - tail);
  const text = changed.length ? after.slice(changed[0].from, changed.at(-1).to) : "";
  return { left: old.slice(0, head), old: old.slice(head, old.length - tail), right: old.slice(old.length - tail), text };
}

/**
 * The places in `text` where a hunk fits best: for each place `from` and `to`, and a `score`, the number of tokens around it
 * that equal the hunk's. The replaced tokens must all be there; of the tokens around them, some.
 */
function placesOf({ left, old, right }, text) {
  const tokens = tokensOf(text);
  let places = [];
  let best = 0;
  for (let at = 0; at <= tokens.length - old.length; at += 1) {
    if (!old.every((_, index) => isSame(old, index, tokens, at + index))) continue;
    const after = at + old.length;
    let [before, behind] = [0, 0];
    while (before < left.length && isSame(left, left.length - 1 - before, tokens, at - 1 - before)) before += 1;
    while (behind < right.length && isSame(right, behind, tokens, after + behind)) behind += 1;
    const score = before + behind;
    if (score < best) continue;
    if (score > best) [best, places] = [score, []];
    const [from, to] = old.length ? [tokens[at].from, tokens[after - 1].to] : [tokens[at - 1]?.to ?? 0, tokens[at - 1]?.to ?? 0];
    places.push({ from, to, score, isWhole: before === left.length && behind === right.length, size: old.length });
  }
  return places;
}

/** The only place in the sources that matches best; a string if no place matches, or several match equally well. */
function placeIn(hunk, file, textOf, files) {
  const change = changeOf(hunk);
  const search = (files) => files.flatMap((file) => placesOf(change, textOf(file)).map((place) => ({ ...place, file })));
  const isThere = files.includes(file);
  const all = (isThere ? search([file]) : []).filter(({ isWhole }) => isWhole);
  const found = all.length ? all : search(files);
  const most = found.reduce((most, { score }) => Math.max(most, score), 0);
  const best = found.filter(({ score }) => score === most);
  // The tokens around a place make up for a short replacement.
  const isKnown = best.length === 1 && most + 2 * best[0].size >= 8;
  return isKnown ? { ...best[0], text: change.text } : `its place is not known: ${best.length} are as good, with ${most} of ${change.left.length + change.right.length} pieces around it`;
}

/** The source files below `tree` that a mistake may change. */
function sources(tree) {
  const folders = ["src", "backend/src"].filter((folder) => existsSync(join(tree, folder)));
  return folders.flatMap((folder) => readdirSync(join(tree, folder), { recursive: true }).map((file) => `${folder}/${file}`))
    .filter((file) => file.endsWith(".rs"));
}

const texts = new Map();

/** A file's text. In this checkout, which does not change meanwhile, each file is read once: a patch may search all of them. */
function textIn(tree, file) {
  if (tree !== root) return readFileSync(join(tree, file), "utf8");
  if (!texts.has(file)) texts.set(file, readFileSync(join(root, file), "utf8"));
  return texts.get(file);
}

/**
 * The contents of the files after a patch.
 * @returns a `Map` from file to text, or a string that says what is wrong
 */
export function patched(patch, tree = root) {
  const changed = new Map();
  const textOf = (file) => changed.get(file) ?? textIn(tree, file);
  const files = sources(tree);
  for (const { file, hunks } of patch.edits) {
    for (const hunk of hunks) {
      const place = placeIn(hunk, file, textOf, files);
      if (typeof place === "string") return `${patch.path}: ${place}`;
      const text = textOf(place.file);
      // An insertion needs spaces around it: `if` and the next token must stay two tokens.
      const inserted = place.size ? place.text : ` ${place.text} `;
      changed.set(place.file, text.slice(0, place.from) + inserted + text.slice(place.to));
    }
  }
  return changed;
}

/**
 * Makes `tree` a copy of this checkout. All of its files get new times: with their old times, cargo would take the last
 * change's build for theirs.
 */
export function copyTree(tree) {
  rmSync(tree, { recursive: true, force: true });
  const skipped = [".git", "target", "node_modules", "pkg", "generated"];
  const filter = (path) => !skipped.includes(basename(path));
  for (const name of readdirSync(root)) if (filter(name)) cpSync(join(root, name), join(tree, name), { recursive: true, filter });
}

/** Makes the change in `tree`, calls `work`, and takes the change back. */
export async function withPatch(patch, tree, work) {
  const changed = patched(patch, tree);
  if (typeof changed === "string") throw new Error(changed);
  const originals = [...changed.keys()].map((file) => [join(tree, file), readFileSync(join(tree, file))]);
  try {
    for (const [file, text] of changed) writeFileSync(join(tree, file), text);
    return await work();
  } finally {
    for (const [path, text] of originals) writeFileSync(path, text);
  }
}

/** The place of the change, for a developer: the file and line of its first hunk. */
export function placeOf(patch) {
  const changed = patched(patch);
  if (typeof changed === "string") return changed;
  const [[file, text]] = changed;
  const before = readFileSync(join(root, file), "utf8").split("\n");
  const line = text.split("\n").findIndex((line, index) => line !== before[index]) + 1;
  return `${relative("src", file)}:${line}${changed.size > 1 ? " …" : ""}`;
}

/**
 * Runs a program to its end, or for `seconds`.
 * @returns `code`, `undefined` if the time ran out; `output`, of both streams; `stdout`
 */
export function run(command, { seconds, cwd = root, env }) {
  return new Promise((resolve) => {
    const [program, ...parameters] = command;
    const child = spawn(program, parameters, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const [output, stdout] = [[], []];
    child.stdout.on("data", (chunk) => (output.push(chunk), stdout.push(chunk)));
    child.stderr.on("data", (chunk) => output.push(chunk));
    // The whole group: the tests are children of cargo.
    const limit = seconds && setTimeout(() => process.kill(-child.pid, "SIGKILL"), seconds * 1000);
    child.on("close", (code) => {
      clearTimeout(limit);
      resolve({ code: code ?? undefined, output: Buffer.concat(output).toString(), stdout: Buffer.concat(stdout).toString() });
    });
  });
}

/** This process's environment without the variables that affect the build or the tests. */
export function environment(more, without = []) {
  const { RUSTFLAGS, ...env } = process.env;
  for (const name of without) delete env[name];
  return { ...env, CARGO_PROFILE_DEV_DEBUG: "0", RUST_BACKTRACE: "0", ...more };
}
