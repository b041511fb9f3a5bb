// Reads the rules of the flow from the tests, and makes the document of them: docs/design/rules.md.
//
// A rule is a module of tests/client/, or a file of tests, whose doc comment has a line `Source:` that names the standard. The
// text before that line is the rule. `Also:` names further guards: tests of other modules, and lies of tests/provider/, in full
// or as `family_*`.
//
// `node scripts/rules.mjs` writes the document; with `--check`, it fails if the document is outdated.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readPatches, root } from "./mutation.mjs";

const document = "docs/design/rules.md";
/** In the order of a session's life; all other files come after these. */
const order = ["request", "response", "pushed", "redeem", "proof", "bound", "resources", "openid", "keeping", "lifecycle", "session", "access", "backend", "discovery", "configuration"];
const names = readdirSync(join(root, "tests/client")).map((name) => name.replace(/\.rs$/, "")).filter((name) => name !== "main");
const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
const files = [...names.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1)).map((name) => `tests/client/${name}.rs`), "tests/redaction.rs"];

const read = (file) => readFileSync(join(root, file), "utf8");
/** The paragraphs, each on one line. */
const unwrapped = (lines) => lines.join("\n").split(/\n\s*\n/).map((paragraph) => paragraph.replace(/\s*\n\s*/g, " ").trim());
const testsIn = (text) => [...text.matchAll(/#\[test\]\n(?:\s*#\[[^\n]*\n)*\s*fn (\w+)\(/g)].map(([, name]) => name);

/**
 * @param options.all returns every test of these files instead, including tests without a rule
 * @returns for each rule `place`, `file`, `rule`, `source`, `tests` (target::module::name), `lies` (each lie), and `also`, as
 * it is written
 */
export function readRules({ all: isAll = false } = {}) {
  const all = files.flatMap((file) => [[file, allTests(file)]]);
  if (isAll) return all.flatMap(([, tests]) => tests);
  const places = new Map(all.flatMap(([, tests]) => tests.map((test) => [test.split("::").at(-1), test])));
  const lies = readdirSync(join(root, "tests/provider/lies")).map((name) => name.replace(/\.mjs$/, ""));
  return files.flatMap((file) => rulesOf(file)).map(({ doc, own, ...rule }) => {
    const paragraphs = unwrapped(doc);
    const member = (name) => paragraphs.find((paragraph) => paragraph.startsWith(`${name}: `))?.slice(name.length + 2);
    const also = [...(member("Also") ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    const isLie = (name) => name.includes("*") || (lies.includes(name) && !places.has(name));
    for (const name of also) if (!isLie(name) && !places.has(name)) throw new Error(`${rule.place}: there is no test ${name}`);
    const families = also.filter(isLie).map((name) => new RegExp(`^${name.replaceAll("*", ".*")}$`));
    return {
      ...rule,
      rule: paragraphs.filter((paragraph) => !/^(Source|Also): /.test(paragraph)).join(" "),
      source: member("Source"),
      tests: [...own, ...also.filter((name) => !isLie(name)).map((name) => places.get(name))],
      lies: lies.filter((lie) => families.some((family) => family.test(lie))),
      also,
    };
  });
}

/** The name of the test binary and of the module in it. */
const pathOf = (file) => file.replace(/^tests\//, "").replace(/\.rs$/, "").split("/");

/** All tests of a file, each as target::module::name. */
function allTests(file) {
  const path = pathOf(file);
  const text = read(file);
  const modules = modulesOf(text);
  const inModules = modules.flatMap(({ name, body }) => testsIn(body).map((test) => [...path, name, test].join("::")));
  const outside = modules.reduce((rest, { body }) => rest.replace(body, ""), text);
  return [...inModules, ...testsIn(outside).map((test) => [...path, test].join("::"))];
}

/** The inline modules of a file, with their doc comments. */
function modulesOf(text) {
  const found = [...text.matchAll(/^((?:\/\/\/[^\n]*\n)*)mod (\w+) \{\n(.*?)^\}\n/gms)];
  return found.map(([, doc, name, body]) => ({ name, body, doc: doc.split("\n").map((line) => line.replace(/^\/\/\/ ?/, "")) }));
}

function rulesOf(file) {
  const text = read(file);
  const title = unwrapped([...text.matchAll(/^\/\/! ?(.*)$/gm)].map(([, line]) => line));
  const rules = modulesOf(text).filter(({ doc }) => doc.some((line) => line.startsWith("Source: ")))
    .map(({ name, body, doc }) => ({ file, title: title[0], place: `${file}: mod ${name}`, name, doc, own: testsIn(body).map((test) => [...pathOf(file), name, test].join("::")) }));
  if (!title.some((paragraph) => paragraph.startsWith("Source: "))) return rules;
  const doc = title.join("\n\n").split("\n");
  return [{ file, title: title[0], place: file, name: pathOf(file).at(-1), doc, own: allTests(file) }, ...rules];
}

function written() {
  const patches = readPatches("tests/mutants");
  const lines = [
    "# Rules, their tests, and what breaks them",
    "",
    "<!-- Made by scripts/rules.mjs from the doc comments of the tests. Do not edit. -->",
    "",
    "What the client checks, and the standard that says so. Each rule is a module of tests, named here as the tests are; the last column lists deliberate mistakes (`tests/mutants/`), of which `make mutants` sees that a test of the rule fails. Lies are those of the provider in `tests/provider/`, and are listed below by the standard that they break.",
    "",
  ];
  const rules = readRules();
  for (const file of files) {
    const here = rules.filter((rule) => rule.file === file);
    if (!here.length) continue;
    lines.push(`## ${here[0].title.replace(/\.$/, "")}`, "", `\`${file}\``, "", "| rule | source | tests | seen to fail when |", "| --- | --- | --- | --- |");
    for (const rule of here) {
      const broken = patches.filter(({ test, lies }) => rule.tests.includes(test) || lies.some((lie) => rule.lies.includes(lie)));
      const tests = rule.tests.map((test) => sentence(test.split("::").at(-1)));
      const families = rule.also.filter((name) => name.includes("*") || rule.lies.includes(name)).map((name) => `\`${name}\``);
      const told = families.length ? [`lies: ${families.join(", ")}`] : [];
      lines.push(`| **${sentence(rule.name)}**: ${rule.rule} | ${rule.source} | ${[...tests, ...told].join("<br>")} | ${broken.map(({ what }) => what).join("; ")} |`);
    }
    lines.push("");
  }
  return [...lines, ...liesByStandard()].join("\n") + "\n";
}

/** The readable form of a name. */
const sentence = (name) => name.replaceAll("_", " ");

/** The lies of the provider, and the outcome of each. */
function liesByStandard() {
  const names = readdirSync(join(root, "tests/provider/lies")).filter((name) => name.endsWith(".mjs")).sort();
  const rows = names.map((name) => {
    const text = read(`tests/provider/lies/${name}`);
    const member = (member) => new RegExp(`^  ${member}:\\s*"([^"]*)"`, "m").exec(text)?.[1] ?? new RegExp(`^  ${member}:\\s*'([^']*)'`, "m").exec(text)?.[1];
    const [, error, claim] = /expect: \{ error: "(\w+)"(?:, claim: "(\w+)")?/.exec(text) ?? [];
    const outcome = error ? `\`${error}\`${claim ? ` (\`${claim}\`)` : ""}` : "accepted";
    return { name: name.replace(/\.mjs$/, ""), section: member("section"), about: member("about")?.replaceAll("|", "\\|"), outcome };
  });
  const sections = [...new Set(rows.map(({ section }) => section))].sort();
  return [
    "## What a server says",
    "",
    `Each of these ${rows.length} is a file in \`tests/provider/lies/\`, and is told natively and in a browser.`,
    "",
    "| standard | what the server does | lie | outcome |",
    "| --- | --- | --- | --- |",
    ...sections.flatMap((section) => rows.filter((row) => row.section === section))
      .map(({ name, section, about, outcome }) => `| ${section} | ${about} | \`${name}\` | ${outcome} |`),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = written();
  if (process.argv[2] !== "--check") writeFileSync(join(root, document), text);
  else if (read(document) !== text) {
    console.error(`${document} is not what the tests say: run node scripts/rules.mjs`);
    process.exit(1);
  }
}
