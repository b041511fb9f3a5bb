// The package in the tools that developers use. With each bundler, and without one, the same small app installs the packed
// tarball, is built for production without any configuration, and logs in at a real provider in a real browser; with each entry.
// BUNDLERS="vite next" runs only these.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, readFile, readdir } from "node:fs/promises";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { launchBrowser } from "../e2e/browser.mjs";
import { Tab } from "../e2e/tab.mjs";
import { sets } from "../../scripts/sets.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { build, files, lay, program } from "./workshop.mjs";

// Until the click, the page needs no module.
const later = { clicks: "Log in", shows: /^Error: network_failed$/ };
// Entries that do not work without further settings: what the user then sees, why, and how the app's author corrects it.
const noFile = {
  ...later,
  because: "the script asks for a file beside itself, and the bundler does not know of it",
  remedy: "with the module copied beside the script",
  apply: (folder, module) => copyFile(`${folder}node_modules/wicketgate/${module}`, `${folder}dist/${module}`),
};
const noImportMap = {
  shows: /Failed to resolve module specifier/,
  because: "the policy forbids the import map that the bundler writes into the page",
  remedy: "with the hash of that import map in script-src",
  async apply(folder) {
    const [, map] = /<script type="?importmap"?>(.*?)<\/script>/s.exec(await readFile(`${folder}dist/index.html`, "utf8"));
    return { scripts: `'self' 'wasm-unsafe-eval' 'sha256-${createHash("sha256").update(map).digest("base64")}'` };
  },
};

/** The place where a bundler puts the scripts of a page; `inOne` if it puts all of them into one by default. */
const bundlers = {
  vite: { scripts: "dist", serve: files("dist"), develop: program("node_modules/.bin/vite", "--host", "127.0.0.1", "--port", "0") },
  webpack: { scripts: "dist", serve: files("") },
  rollup: { scripts: "dist", serve: files(""), streaming: noFile },
  esbuild: { scripts: "dist", inOne: true, serve: files(""), streaming: noFile },
  parcel: { scripts: "dist", serve: files("dist"), embedded: { ...noImportMap, ...later }, streaming: noImportMap },
  next: { scripts: ".next/static", serve: program("node_modules/.bin/next", "start", "--hostname", "127.0.0.1", "--port", "0") },
};
const entries = sets.flatMap(({ entry, files: { index, streaming, module } }) => [
  { entry, script: index, module, streams: false },
  { entry: `${entry}/streaming`, script: streaming, module, streams: true },
]);
/** Whether the entry also shows what fails without a remedy, and the development server: the others would show the same. */
const showsAll = (entry) => /^wicketgate(\/streaming)?$/.test(entry);
const isWanted = (name) => !process.env.BUNDLERS || process.env.BUNDLERS.split(" ").includes(name);
const wanted = Object.entries(bundlers).filter(([name]) => isWanted(name));

const browser = await launchBrowser();
after(() => browser.close());

for (const [name, { scripts, inOne = false, serve, embedded, streaming, develop }] of wanted) {
  for (const { entry, module, streams } of entries) {
    const obstacle = streams ? streaming : embedded;
    if (!obstacle || showsAll(entry)) {
      test(`${name}, ${entry}: ${obstacle ? `fails, because ${obstacle.because}` : "logs in"}`, async (t) => {
        const folder = await lay(name, entry);
        await build(folder);
        if (!streams) assert.equal(await isModuleInEntry(folder + scripts, entry), inOne);
        const tab = await open(t, entry, await serve(folder));
        await (obstacle ? tab.fails(obstacle) : tab.logsIn());
      });
    }
    if (obstacle) {
      test(`${name}, ${entry}, ${obstacle.remedy}: logs in`, async (t) => {
        const folder = await lay(name, entry);
        await build(folder);
        const options = await obstacle.apply(folder, module);
        await (await open(t, entry, await serve(folder, options))).logsIn();
      });
    }
    if (develop && showsAll(entry)) {
      test(`${name}, ${entry}, its development server: logs in`, async (t) => {
        await (await open(t, entry, await develop(await lay(name, entry)))).logsIn();
      });
    }
  }
}

for (const { entry, script } of isWanted("plain") ? entries : []) {
  test(`no bundler, ${entry} by its path: logs in`, async (t) => {
    const folder = await lay("plain", `./node_modules/wicketgate/${script}.js`);
    await (await open(t, entry, await files("")(folder))).logsIn();
  });
}

for (const { entry } of isWanted("node") ? entries : []) {
  test(`Node, ${entry}: importing the app does nothing, and using it is unsupported_environment`, async () => {
    const folder = await lay("node", entry);
    const node = (source) => promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source], { cwd: folder, timeout: 30_000 });
    assert.deepEqual(await node('await import("./login.js");'), { stdout: "", stderr: "" });

    const use = `import { createClient } from "${entry}"; await createClient({}).catch(({ code }) => console.log(code));`;
    assert.equal((await node(use)).stdout, "unsupported_environment\n");
  });
}

for (const [name] of wanted) {
  test(`docs/guide/deployment.md names the version of ${name} that was tried`, async () => {
    const { dependencies, devDependencies } = JSON.parse(await readFile(new URL(`${name}/package.json`, import.meta.url)));
    const version = { ...dependencies, ...devDependencies }[name];
    const document = await readFile(new URL("../../docs/guide/deployment.md", import.meta.url), "utf8");
    const rows = document.match(new RegExp(`^\\| ${name}\\b.*`, "gim")) ?? [];
    assert(rows.length > 0 && rows.every((row) => row.includes(` ${version} `)), `${name} ${version} is not in: ${rows.join("\n")}`);
  });
}

/**
 * Whether the script with the app's own code contains the module. Otherwise the module lies in a script that is imported on
 * demand.
 */
async function isModuleInEntry(folder, entry) {
  const { files } = sets.find((set) => set.entry === entry);
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(".js"));
  const texts = await Promise.all(paths.map((path) => readFile(`${folder}/${path}`, "utf8")));
  // A part of the packed module that every tool prints in the same way.
  const [part] = /(?<=^var packed = .*)[\w.:;,-]{12}/m.exec(await readFile(new URL(`../../pkg/${files.embedded}.js`, import.meta.url), "utf8"));
  const withModule = texts.filter((text) => text.includes(part));
  assert.equal(withModule.length, 1, `one of ${paths} has the module`);
  return withModule[0].includes("wicketgate-demo");
}

/** A tab on the served app, with a provider of its own at which the app is registered. */
async function open(t, entry, server) {
  t.after(() => server.close());
  const oidc = await startOidc({ redirectUris: [`${server.origin}/callback`] });
  t.after(() => oidc.close());
  // Adds the provider to the policy, if the server has one.
  server.servers = [oidc.origin];

  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.addInitScript((issuer) => {
    window.issuer = issuer;
    // Without this, an uncaught error would leave the page empty.
    window.addEventListener("error", ({ message }) => (document.querySelector("main").textContent = message));
  }, oidc.issuer);
  if (entry.startsWith("wicketgate/handoff")) await keepTokensAtBackend(page);
  const tab = new AppTab(page, server.origin);
  await tab.visit("/");
  return tab;
}

/** Has the page hand its code to a backend, which answers who is signed in. */
async function keepTokensAtBackend(page) {
  await page.addInitScript(() => (window.backend = { exchangeUrl: "/auth/exchange" }));
  await page.route("**/auth/exchange", async (route) => {
    const { code, code_verifier } = route.request().postDataJSON();
    assert(code && code_verifier);
    await route.fulfill({ json: { claims: { name: "Ada Lovelace" } } });
  });
}

/** A tab whose page is an app and not the test's own. */
class AppTab extends Tab {
  ready() {
    return this.page.waitForFunction(() => document.querySelector("main")?.textContent);
  }

  async shows(text) {
    assert.match(await this.page.locator("main").textContent(), text);
  }

  async fails({ clicks, shows }) {
    if (clicks) await this.page.getByRole("button", { name: clicks }).click();
    await this.page.locator("main", { hasText: shows }).waitFor();
  }

  async logsIn() {
    await this.shows(/^Log in$/);
    await this.page.getByRole("button", { name: "Log in" }).click();
    await this.page.waitForURL(({ origin }) => origin !== this.origin);
    await this.answer();
    await this.shows(/^Hello, Ada Lovelace\.$/);
    assert.equal(this.url, `${this.origin}/`);
  }
}
