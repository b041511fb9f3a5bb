// docs/guide/backend.md, as a reader follows it: the app in Vite's template, the backend behind Vite's proxy, and then as the one
// program. Only ports, servers and secrets are others.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../e2e/browser.mjs";
import { install } from "../examples/stage.mjs";
import { buildBackend, newKey } from "../servers/backend.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startResource } from "../servers/resource.mjs";
import { startWorksmart } from "../servers/worksmart.mjs";
import { command, freePort, startProgram, userOf, viteTemplate } from "./app.mjs";
import { blocksOf } from "./blocks.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const document = "docs/guide/backend.md";
const packages = `${root}examples/react`;
const blocks = blocksOf(document).filter(({ file }) => file);
const block = (heading, file) => blocks.find((one) => one.heading === heading && one.file === file).text;

let browser;
before(async () => {
  await buildBackend();
  await install(packages);
  browser = await launchBrowser();
});
after(() => browser.close());

/** Server, API, and what the guide's words stand for. */
const worlds = {
  "an OpenID provider with a secret": async (origins) => {
    const clientSecret = randomBytes(32).toString("base64url");
    const oidc = await startOidc({
      redirectUris: origins.map((origin) => `${origin}/auth/callback`),
      postLogoutRedirectUris: origins.map((origin) => `${origin}/`),
      clientId: "unused",
      clients: { "my-app": { client_secret: clientSecret, token_endpoint_auth_method: "client_secret_post" } },
    });
    return { server: oidc, clientSecret, userOf: (token) => userOf(oidc, token), heading: "3. The backend", place: { "https://login.example": oidc.issuer }, name: "Ada Lovelace" };
  },
  WorkSmart: async (origins) => {
    const clientId = "my-app.worksmart.net";
    const worksmart = await startWorksmart({ clientId, redirectUris: origins.map((origin) => `${origin}/auth/callback`) });
    const { clientSecret, userOf } = worksmart;
    return { server: worksmart, clientSecret, userOf, heading: "WorkSmart", place: {}, name: "you" };
  },
};

for (const [name, start] of Object.entries(worlds)) {
  test(`the guide's app logs in at ${name}, behind Vite's proxy and served by the one program`, async (t) => {
    const [vitePort, backendPort] = [await freePort(), await freePort()];
    const inDevelopment = `http://localhost:${vitePort}`;
    const inProduction = `http://localhost:${backendPort}`;
    const world = await start([inDevelopment, inProduction]);
    t.after(() => world.server.close());
    const resource = await startResource({ userOf: world.userOf });
    t.after(() => resource.close());

    await mkdir(`${root}target/documents`, { recursive: true });
    const folder = await mkdtemp(`${root}target/documents/backend-`);
    t.after(() => rm(folder, { recursive: true, force: true }));
    const places = {
      ...world.place,
      "https://api.example/v1/": `${resource.origin}/api/v1/`,
      '= "https://my.worksmart.app/api/v1/"': `= "${resource.origin}/api/v1/"`,
      "https://my.worksmart.app/api/": `${world.server.origin}/api/`,
      "http://localhost:5173": inDevelopment,
      "port: 5173": `port: ${vitePort}`,
      "127.0.0.1:8080": `127.0.0.1:${backendPort}`,
      "WICKETGATE_CLIENT_SECRET=…": `WICKETGATE_CLIENT_SECRET=${world.clientSecret}`,
      "WICKETGATE_COOKIE_KEY=…": `WICKETGATE_COOKIE_KEY=${newKey()}`,
    };
    const here = (text) => Object.entries(places).reduce((text, [from, to]) => text.replaceAll(from, to), text);
    const files = {
      ...(await viteTemplate("vanilla")),
      "vite.config.js": here(block("2. The app", "vite.config.js")),
      "src/main.js": here(block("2. The app", "src/main.js")),
      "backend.toml": here(block(world.heading, "backend.toml")),
      "backend.env": here(block("3. The backend", "backend.env")),
    };
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(`${folder}/${path}`), { recursive: true });
      await writeFile(`${folder}/${path}`, content);
    }
    await symlink(`${packages}/node_modules`, `${folder}/node_modules`);

    const backend = await startBackend(folder, { WICKETGATE_LISTEN: `127.0.0.1:${backendPort}` });
    const stopVite = await startProgram(["vite"], folder, `${packages}/node_modules/.bin`);
    try {
      await use(inDevelopment, world);
    } finally {
      await stopVite();
      await backend.stop();
    }

    await command("npm", ["run", "build"], { cwd: folder, env: { ...process.env, NODE_ENV: "production" } });
    const program = await startBackend(folder, {
      WICKETGATE_LISTEN: `127.0.0.1:${backendPort}`,
      WICKETGATE_PUBLIC_ORIGIN: inProduction,
      WICKETGATE_POST_LOGOUT_REDIRECT_URI: world.heading === "WorkSmart" ? undefined : `${inProduction}/`,
      WICKETGATE_STATIC: "dist",
    });
    try {
      await use(inProduction, world);
    } finally {
      await program.stop();
    }
  });
}

/** As the guide starts it. */
async function startBackend(folder, environment) {
  const child = spawn("sh", ["-c", `set -a; . ./backend.env; exec ${root}target/debug/wicketgate-backend`], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const ended = new Promise((resolve) => child.on("close", resolve));
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => ((said += data), /^listening on /m.test(said) && resolve()));
    }
    ended.then(() => reject(new Error(said)));
  });
  return { stop: () => (child.kill(), ended) };
}

/** The actions of a user of the app at `origin`. */
async function use(origin, { name, heading }) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const heard = [];
    page.on("console", (message) => message.type() === "error" && heard.push(`${message.text()} ${message.location().url}`));
    page.on("pageerror", (error) => heard.push(error.message));
    await page.goto(origin);
    await page.getByRole("heading", { name: "Welcome." }).waitFor();
    await page.getByRole("button", { name: "Call the API" }).click();
    await page.getByText(/^401 .*no_session/).waitFor();

    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByText("You cancelled the login.").waitFor();
    assert.equal(page.url(), `${origin}/`);
    assert(heard.some((text) => text.includes("[authorization_failed]")), "the console has the reason");

    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByLabel("User name").fill("ada");
    await page.getByLabel("Password").fill("wicket");
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("heading", { name: `Hello, ${name}.` }).waitFor();
    await page.getByRole("button", { name: "Call the API" }).click();
    await page.getByText(/^200 .*ada/).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: `Hello, ${name}.` }).waitFor();

    await page.getByRole("button", { name: "Log out" }).click();
    // The server asks, where it has a logout.
    if (heading !== "WorkSmart") await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Welcome." }).waitFor();
    assert.equal(page.url(), `${origin}/`);
    // The browser writes down each 401, and the page the refusal.
    assert.deepEqual(heard.filter((text) => !text.includes("401") && !text.includes("authorization_failed")), []);
  } finally {
    await context.close();
  }
}
