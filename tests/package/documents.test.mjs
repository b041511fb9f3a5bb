// The documents hold what they promise: the README is short, links lead somewhere, figures are those that were measured, and
// every block of code is run or says why not.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { blocksOf, followed } from "../documents/blocks.mjs";
import { builds } from "../documents/builds.mjs";

const documents = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { encoding: "utf8" })
  .split("\n")
  .filter((path) => path && existsSync(path));
const read = (path) => readFileSync(path, "utf8");
const withoutCode = (text) => text.replace(/^(```+).*\n[^]*?^\1$/gm, "");

test("the README is read in five minutes", () => {
  const readme = read("README.md");
  assert(Buffer.byteLength(readme) <= 9000, `${Buffer.byteLength(readme)} bytes`);
  assert(readme.split(/\s+/).length <= 1300, `${readme.split(/\s+/).length} words`);
});

test("every link of the documents leads somewhere", () => {
  const anchors = (path) => {
    const text = withoutCode(read(path));
    const found = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id);
    const counts = new Map();
    for (const line of text.match(/^#+ .*$/gm) ?? []) {
      const name = line.replace(/^#+ /, "").toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
      // A heading that is there again has a number.
      const count = counts.get(name) ?? 0;
      found.push(count ? `${name}-${count}` : name);
      counts.set(name, count + 1);
    }
    return found;
  };
  const broken = [];
  for (const path of documents) {
    const text = withoutCode(read(path)).replace(/`[^`\n]*`/g, "");
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      // Rustdoc's own links, in the documents that are part of its pages.
      if (/^(https?:|crate::)/.test(target)) continue;
      const [file, anchor] = target.split("#");
      const to = file ? join(dirname(path), file) : path;
      // The generator of the reference counts headings that look alike in its own way.
      const isGenerated = to.startsWith("docs/reference/api/");
      const there = existsSync(to) && (!anchor || isGenerated || !to.endsWith(".md") || anchors(to).includes(anchor));
      if (!there) broken.push(`${path}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

/** The tests that run the blocks of these documents which are not files of an app. */
const runners = {
  "docs/guide/testing.md": ({ language }) => ["ts", "js"].includes(language) && "tests/testing/docs.test.mjs",
  "docs/guide/rust.md": ({ language }) => (language === "diff" ? "tests/rust-apps/lines.test.mjs" : language === "no_run" && "src/lib.rs"),
  "docs/guide/backend.md": ({ file }) => file && "tests/documents/backend.test.mjs",
  "docs/guide/deployment.md": ({ file }) => file && "tests/documents/hosts.test.mjs",
  "docs/guide/http-clients.md": ({ file }) => file && "tests/documents/http-clients.test.mjs",
};
const modules = { "README.md": ["src/orders.js"], "docs/guide/api-calls.md": ["src/orders.js", "src/transfer.js"], "docs/guide/sessions.md": ["src/token.js", "src/countdown.js"], "docs/guide/login.md": ["src/failure.ts", "src/popup.js", "src/silent.js"] };

function runnerOf(document, block) {
  for (const { document: built, kinds } of Object.values(builds)) {
    if (built === document && kinds.some(({ headings }) => followed(blocksOf(document), headings).some(({ line }) => line === block.line))) return "tests/documents";
  }
  if (modules[document]?.includes(block.file)) return "tests/documents/modules.test.mjs";
  if (/^docs\/guide\/providers\/\w+\.md$/.test(document) && block.language === "ts") return "tests/providers/providers.test.mjs";
  if (block.heading === "In an app that exists") return "tests/frameworks/guides.test.mjs";
  return runners[document]?.(block);
}

test("every block of README and guides is run, or says why not", () => {
  const neither = [];
  for (const document of documents.filter((path) => path === "README.md" || path.startsWith("docs/guide/"))) {
    for (const block of blocksOf(document)) {
      const runner = runnerOf(document, block);
      if (runner) assert(existsSync(runner), runner);
      if (!runner === !block.notRun) neither.push(`${document}:${block.line} ${block.language}${runner ? " is run, and says that it is not" : ""}`);
    }
  }
  assert.deepEqual(neither, []);
});

test("a document has no block without a language, which nobody would count", () => {
  for (const document of documents.filter((path) => path === "README.md" || path.startsWith("docs/guide/"))) {
    const fences = read(document).match(/^ *```.*$/gm) ?? [];
    fences.forEach((fence, index) => assert.match(fence, index % 2 ? /^```$/ : /^```\w+$/, `${document}: ${fence}`));
  }
});

test("each document with an app says what to register, and its app uses just that", () => {
  for (const { document } of Object.values(builds)) {
    const text = read(document);
    const [, origin] = /(?:redirect URI|server,) `(http:\/\/localhost:\d+)\/callback`/.exec(text) ?? [];
    assert(origin, `${document} does not name its redirect URI`);
    assert(text.includes(`\`${origin}/\``), `${document} does not name its post-logout redirect URI`);
    assert.match(text, /CORS/, document);
    const code = followed(blocksOf(document)).map((block) => block.text).join("");
    for (const line of ["postLogoutRedirectUri: `${location.origin}", "console.error(", "access_denied"]) assert(code.includes(line), `${document}: ${line}`);
  }
});

test("the documents install one and the same file", () => {
  const installs = documents.filter((path) => path === "README.md" || path.startsWith("docs/guide/")).flatMap((path) => read(path).match(/^npm install \.\S+$/gm) ?? []);
  assert(installs.length > 1);
  assert.deepEqual(new Set(installs), new Set(["npm install ../wicketgate/target/wicketgate-0.1.0.tgz"]));
});

test("the backend's guide makes the app's folder before it puts files there, and git never sees the secrets", () => {
  const guide = read("docs/guide/backend.md");
  const order = ["npm create vite", ">> .gitignore", "// vite.config.js", "# backend.toml", "# backend.env"].map((step) => guide.indexOf(step));
  assert(order.every((at, step) => at > (order[step - 1] ?? 0)), String(order));
  assert.match(guide, /^printf '[^']*\bbackend\.env\\n[^']*' >> \.gitignore/m);
});

test("the README's figures are those that were measured", () => {
  const readme = read("README.md");
  const { tampered, refresh, size } = JSON.parse(read("bench/results.json"));
  const refused = (name) => Object.values(tampered[name]).filter(({ result }) => result === "refused").length;
  assert.equal(refused("wicketgate"), Object.keys(tampered.wicketgate).length);
  for (const [, name, count] of readme.matchAll(/(oidc-client-ts refuses|keycloak-js|msal-browser|auth0-spa-js|oauth4webapi) (\d+)[,.]/g)) {
    assert.equal(refused(name.split(" ")[0]), Number(count), name);
  }
  assert.deepEqual(["oneTab", "fiveTabs"].map((tabs) => [refresh.wicketgate[tabs].requests, refresh.wicketgate[tabs].served]), [[1, 50], [1, 50]]);
  const near = (said, measured, what) => assert(Math.abs(said * 1000 - measured) < measured * 0.05, `${what}: the README says ${said} kB, measured were ${measured}`);
  const [, without, withBackend] = /(\d+) kB in all \(Brotli\), (\d+) kB with a backend/.exec(readme);
  const budget = JSON.parse(read("size-budget.json"));
  near(withBackend, budget["wicketgate/handoff"], "wicketgate/handoff");
  near(without, budget.wicketgate, "wicketgate");
  near(/oauth4webapi: (\d+) kB with signatures/.exec(readme)[1], size["oauth4webapi + signature"].first.brotli, "oauth4webapi");
});

test("the failures of wicketgate/testing are as many as the README says", async () => {
  const { failures } = await import("wicketgate/testing");
  assert.equal(Number(/fails in (\d+) named ways/.exec(read("README.md"))[1]), Object.keys(failures).length);
});

test("CI's one command is in the README", () => {
  assert.match(read(".ci/run"), /make test/);
  assert.match(read("README.md"), /`make test`/);
});

test("the members that an app can set are in the reference, with those of a login and of a backend", () => {
  const reference = read("docs/reference/configuration.md");
  for (const type of ["ClientConfig", "BackendConfig", "LoginOptions"]) {
    const [, body] = new RegExp(`^export interface ${type} .*\\{\\n([^]*?)^\\}`, "m").exec(read("npm/types.ts"));
    for (const [, member] of body.matchAll(/^ {2}(\w+)\??:/gm)) assert(reference.includes(`\`${member}\``), `${type}.${member} is missing`);
  }
});
