// The package where people build: with each bundler, and without one, the same small app installs the packed tarball,
// is built for production without any configuration, and logs in at a real provider in a real browser.
// BUNDLERS="vite next" runs only these.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { launchBrowser } from "../e2e/browser.mjs";
import { Tab } from "../e2e/tab.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { build, files, lay, program } from "./workshop.mjs";

// Where an entry does not work as it comes: what is then seen, why, and what the app's author does about it.
const noFile = {
  shows: /^Error: network_failed$/,
  because: "the script asks for a file beside itself, and the bundler does not know of it",
  remedy: "with wicketgate_bg.wasm copied beside the script",
  apply: (folder) => copyFile(`${folder}node_modules/wicketgate/wicketgate_bg.wasm`, `${folder}dist/wicketgate_bg.wasm`),
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

const bundlers = {
  vite: { serve: files("dist"), develop: program("node_modules/.bin/vite", "--host", "127.0.0.1", "--port", "0") },
  webpack: { serve: files("") },
  rollup: { serve: files(""), streaming: noFile },
  esbuild: { serve: files(""), streaming: noFile },
  parcel: { serve: files("dist"), streaming: noImportMap },
  next: { serve: program("node_modules/.bin/next", "start", "--hostname", "127.0.0.1", "--port", "0") },
};
const entries = ["wicketgate", "wicketgate/streaming"];
const isWanted = (name) => !process.env.BUNDLERS || process.env.BUNDLERS.split(" ").includes(name);
const wanted = Object.entries(bundlers).filter(([name]) => isWanted(name));

const browser = await launchBrowser();
after(() => browser.close());

for (const [name, { serve, streaming, develop }] of wanted) {
  for (const entry of entries) {
    const obstacle = entry === "wicketgate/streaming" ? streaming : undefined;
    test(`${name}, ${entry}: ${obstacle ? `fails, because ${obstacle.because}` : "logs in"}`, async (t) => {
      const folder = await lay(name, entry);
      await build(folder);
      const tab = await open(t, await serve(folder));
      await (obstacle ? tab.shows(obstacle.shows) : tab.logsIn());
    });

    if (obstacle) {
      test(`${name}, ${entry}, ${obstacle.remedy}: logs in`, async (t) => {
        const folder = await lay(name, entry);
        await build(folder);
        const options = await obstacle.apply(folder);
        await (await open(t, await serve(folder, options))).logsIn();
      });
    }
    if (develop) {
      test(`${name}, ${entry}, its development server: logs in`, async (t) => {
        await (await open(t, await develop(await lay(name, entry)))).logsIn();
      });
    }
  }
}

const scripts = { wicketgate: "index.js", "wicketgate/streaming": "streaming.js" };
for (const [entry, script] of isWanted("plain") ? Object.entries(scripts) : []) {
  test(`no bundler, ${entry} by its path: logs in`, async (t) => {
    const folder = await lay("plain", `./node_modules/wicketgate/${script}`);
    await (await open(t, await files("")(folder))).logsIn();
  });
}

for (const entry of isWanted("node") ? entries : []) {
  test(`Node, ${entry}: importing the app does nothing, and using it is unsupported_environment`, async () => {
    const folder = await lay("node", entry);
    const node = (source) => promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source], { cwd: folder, timeout: 30_000 });
    assert.deepEqual(await node('await import("./login.js");'), { stdout: "", stderr: "" });

    const use = `import { createClient } from "${entry}"; await createClient({}).catch(({ code }) => console.log(code));`;
    assert.equal((await node(use)).stdout, "unsupported_environment\n");
  });
}

for (const [name] of wanted) {
  test(`the README's table names the version of ${name} that was tried`, async () => {
    const { dependencies, devDependencies } = JSON.parse(await readFile(new URL(`${name}/package.json`, import.meta.url)));
    const version = { ...dependencies, ...devDependencies }[name];
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const rows = readme.match(new RegExp(`^\\| ${name}\\b.*`, "gim")) ?? [];
    assert(rows.length > 0 && rows.every((row) => row.includes(` ${version} `)), `${name} ${version} is not in: ${rows.join("\n")}`);
  });
}

/** A tab on the served app, with a provider of its own that knows the app's address. */
async function open(t, server) {
  t.after(() => server.close());
  const oidc = await startOidc({ redirectUris: [`${server.origin}/callback`] });
  t.after(() => oidc.close());
  // Into the policy, where the server has one.
  server.servers = [oidc.origin];

  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.addInitScript((issuer) => {
    window.issuer = issuer;
    // What nobody catches would otherwise be an empty page.
    window.addEventListener("error", ({ message }) => (document.querySelector("main").textContent = message));
  }, oidc.issuer);
  const tab = new AppTab(page, server.origin);
  await tab.visit("/");
  return tab;
}

/** The tab, where the page is an app and not the test's own. */
class AppTab extends Tab {
  ready() {
    return this.page.waitForFunction(() => document.querySelector("main")?.textContent);
  }

  async shows(text) {
    assert.match(await this.page.locator("main").textContent(), text);
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
