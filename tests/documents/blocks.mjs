// Reads the blocks of code in a document. A block that is a whole file begins with a comment that names the file; a block of
// the language `diff` changes that file. A block that cannot run has a reason above it: `<!-- not run: why -->`.
import { readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);
const FILE = /^(?:\/\/|<!--|#)\s+([\w@()+.$-][\w@()+.$/[\]-]*\.\w+|Caddyfile)\s*(?:-->)?$/;

/** @returns {{ heading: string, language: string, file?: string, text: string, notRun?: string, line: number }[]} */
export function blocksOf(document) {
  const lines = readFileSync(new URL(document, root), "utf8").split("\n");
  const blocks = [];
  let heading = "";
  for (let at = 0; at < lines.length; at++) {
    const [, title] = /^#+ (.*)/.exec(lines[at]) ?? [];
    if (title) heading = title;
    const [, language] = /^```(\w+)$/.exec(lines[at]) ?? [];
    if (!language) continue;
    const end = lines.indexOf("```", at);
    const above = lines.slice(0, at).reverse().find((line) => line.trim()) ?? "";
    const [, notRun] = /^<!-- not run: (.+) -->$/.exec(above) ?? [];
    const content = lines.slice(at + 1, end);
    const [, file] = FILE.exec(language === "diff" ? content[0].trim() : content[0]) ?? [];
    blocks.push({ heading, language, file, text: content.slice(file ? 1 : 0).join("\n") + "\n", notRun, line: at + 1 });
    at = end;
  }
  return blocks;
}

/**
 * The files of a reader who has followed the document up to its first heading and under these later headings.
 * @param files the files before, by path; this function changes them
 */
export function follow(document, files, headings = []) {
  const blocks = blocksOf(document);
  for (const block of followed(blocks, headings)) {
    const { file, language, text, line } = block;
    if (language !== "diff") files[file] = text;
    else files[file] = changed(files[file], text, `${document}:${line}`);
  }
  for (const heading of headings) if (!blocks.some((block) => block.heading === heading)) throw new Error(`${document} has no blocks below "${heading}"`);
  return files;
}

/** Those that stand for files: of the first heading that has such, and of these. */
export function followed(blocks, headings = []) {
  const [{ heading: first }] = blocks.filter(({ file }) => file);
  return blocks.filter(({ heading, file }) => file && (heading === first || headings.includes(heading)));
}

/** `text` with each run of `-` lines, found as they stand, replaced by the `+` lines after it. */
function changed(text, diff, where) {
  const hunks = diff.matchAll(/((?:^-.*\n)+)((?:^\+.*\n)*)/gm);
  for (const [, minus, plus] of hunks) {
    const [old, next] = [minus, plus].map((lines) => lines.replace(/^[-+]/gm, ""));
    if (text.split(old).length !== 2) throw new Error(`${where}: these lines are not there, or not once:\n${old}`);
    text = text.replace(old, () => next);
  }
  return text;
}
