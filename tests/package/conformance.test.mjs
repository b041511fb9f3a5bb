// docs/design/conformance.md names only existing things: each file of code, and each test by its file and its module or
// function.
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { test } from "node:test";

const text = readFileSync("docs/design/conformance.md", "utf8");
const rows = text.split("\n").filter((line) => /^\| [\d., ]+ \|/.test(line)).map((line) => line.split(/(?<!\\) ?\| ?/).slice(1, -1));

test("every requirement has its section, and how it is met", () => {
  assert(rows.length > 40, `${rows.length} rows`);
  for (const row of rows) {
    assert.equal(row.length, 5, row.join(" | "));
    const [section, requirement, how, code, tests] = row;
    assert(section && requirement && how, row.join(" | "));
    // A requirement that concerns another party, or does not apply, says so.
    if (!code && !tests) assert.match(how, /Does not apply|The server's/, requirement);
  }
});

test("every file that is named exists", () => {
  const paths = [...text.matchAll(/`((?:src|backend|npm|tests)\/[\w./-]+)`/g)].map(([, path]) => path);
  assert(paths.length > 80);
  assert.deepEqual([...new Set(paths)].filter((path) => !existsSync(path)), []);
});

test("every test that is named exists, in the file that is named with it", () => {
  const missing = [];
  for (const [, , , , tests] of rows) {
    for (const part of tests.split(";")) {
      const [, file, names = ""] = /^\s*`([^`]+)`(?:: (.*))?$/.exec(part) ?? [];
      if (!file || !existsSync(file) || !statSync(file).isFile()) continue;
      const content = readFileSync(file, "utf8");
      for (const [, name] of names.matchAll(/`(\w+)`/g)) if (!new RegExp(`\\b(mod|fn) ${name}\\b`).test(content)) missing.push(`${file}: ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});
