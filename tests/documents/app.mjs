// The app that a reader of a document gets: the framework's default template with the document's blocks, unchanged except for
// the addresses of a server and of an API in place of `https://login.example` and `https://api.example`. It runs as a build, or in
// the template's dev server.
import { execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { install } from "../examples/stage.mjs";
import { launchBrowser } from "../e2e/browser.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { startResource } from "../servers/resource.mjs";
import { follow } from "./blocks.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const here = fileURLToPath(new URL("./", import.meta.url));
// Nothing that is built here is of interest to a framework's makers.
// Colours would split the address that a development server prints; some print colours if CI is set.
const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" };

/**
 * By framework: its template, the folder whose installed packages are those of the template and the router, and either where
 * a build leaves the files that a host serves, or the command that serves them.
 */
const templates = {
  vanilla: { create: () => viteTemplate("vanilla"), packages: "examples/react", output: "dist" },
  react: { create: () => viteTemplate("react-ts"), packages: "examples/react", output: "dist" },
  vue: { create: () => viteTemplate("vue-ts"), packages: "examples/vue", output: "dist" },
  solid: { create: () => viteTemplate("solid-ts"), packages: "examples/solid", output: "dist" },
  svelte: { create: () => svelteTemplate(), packages: "examples/svelte", output: "build" },
  angular: { create: () => angularTemplate(), packages: "examples/angular", output: "dist/my-app/browser" },
  next: {
    create: () => nextTemplate(),
    packages: "tests/documents/next",
    // Turbopack follows no link out of the app's folder.
    isInside: true,
    start: (port) => ["next", "start", "--port", port, "--hostname", "127.0.0.1"],
    dev: (port) => ["next", "dev", "--port", port, "--hostname", "127.0.0.1"],
  },
};
const vite = (port) => ["vite", "--port", port, "--strictPort", "--host", "127.0.0.1"];

/** The template of `npm create vite@latest`. */
export const viteTemplate = (name) => read(`${here}node_modules/create-vite/template-${name}/`);

/** The template of `npx sv create`. */
const svelteTemplate = () =>
  made(async (folder) => {
    const { create } = await import("sv");
    create({ cwd: folder, name: "my-app", template: "minimal", types: "typescript" });
  });

/** As `npx create-next-app@latest --empty --no-tailwind` makes it. The command writes the manifest, too. */
async function nextTemplate() {
  const scripts = { dev: "next dev", build: "next build", start: "next start" };
  const files = await read(`${here}next/node_modules/create-next-app/dist/templates/app-empty/ts/`);
  return { ...files, "package.json": JSON.stringify({ name: "my-app", private: true, scripts }) };
}

/** As `npx @angular/cli new` makes it, with its defaults. The command itself refuses to work beside an app, such as the example. */
const angularTemplate = () =>
  made(async (folder) => {
    const example = `${root}examples/angular/`;
    const ofTheCommand = createRequire(createRequire(example).resolve("@angular/cli/package.json"));
    const { NodeWorkflow } = ofTheCommand("@angular-devkit/schematics/tools");
    const { schema } = ofTheCommand("@angular-devkit/core");
    const workflow = new NodeWorkflow(folder, { resolvePaths: [example], schemaValidation: true });
    workflow.registry.addPostTransform(schema.transforms.addUndefinedDefaults);
    const { version } = ofTheCommand("@angular/cli/package.json");
    const options = { name: "my-app", directory: "app", version, routing: true, style: "css", ssr: false, skipInstall: true, skipGit: true, skipTests: true };
    await new Promise((complete, error) => workflow.execute({ collection: "@schematics/angular", schematic: "ng-new", options }).subscribe({ complete, error }));
  }, "app");

async function made(make, below = "") {
  const folder = await mkdtemp(`${tmpdir()}/wicketgate-`);
  try {
    await make(folder);
    return await read(join(folder, below, "/"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function read(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length));
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await textOrBytes(folder + path)])));
}

const textOrBytes = async (path) => (/\.(png|ico)$/.test(path) ? readFile(path) : readFile(path, "utf8"));

/**
 * @param document the document whose blocks are put into the template
 * @param options.headings the later headings of the document that the reader follows
 * @param options.base the path at which the app lives
 * @param options.isDev whether the template's dev server serves it
 */
export async function startApp(framework, document, { headings = [], base = "/", home = base, isDev = false, output, page: pageOptions } = {}) {
  const { create, packages, output: usual, isInside, start, dev = vite } = templates[framework];
  const files = follow(document, await create(), headings);

  await mkdir(`${root}target/documents`, { recursive: true });
  const folder = await mkdtemp(isInside ? `${root}${packages}/.app-` : `${root}target/documents/${framework}-`);
  const directory = `${folder}/served`;
  const program = isDev ? dev : start;
  const port = program ? await freePort() : undefined;
  const page = program ? { origin: `http://127.0.0.1:${port}`, close: async () => {} } : await startPage({ directory, ...pageOptions });
  const oidc = await startOidc({
    redirectUris: [`${page.origin}${base}callback`, `${page.origin}/callback`],
    postLogoutRedirectUris: [page.origin + home],
    clientId: "my-app",
  });
  const api = await startResource({ userOf: (token) => userOf(oidc, token), pages: [page.origin] });
  page.servers = [oidc.origin, api.origin];
  const places = {
    "https://login.example": oidc.issuer,
    "https://api.example/orders": `${api.origin}/api/v1/projects`,
    "https://api.example": api.origin,
  };
  const here = (text) => Object.entries(places).reduce((text, [from, to]) => text.replaceAll(from, to), text);

  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(`${folder}/${path}`), { recursive: true });
    await writeFile(`${folder}/${path}`, typeof content === "string" ? here(content) : content);
  }
  await install(root + packages);
  if (!isInside) await symlink(`${root}${packages}/node_modules`, `${folder}/node_modules`);
  const close = [() => page.close(), () => oidc.close(), () => api.close(), () => rm(folder, { recursive: true, force: true })];

  if (!isDev) await command("npm", ["run", "build"], { cwd: folder, env: { ...environment, NODE_ENV: "production" } });
  if (program) {
    close.unshift(await startProgram(program(port), folder, `${root}${packages}/node_modules/.bin`));
  } else {
    await cp(`${folder}/${output ?? usual}`, directory + base, { recursive: true });
    if (base !== "/") await cp(`${directory}${base}index.html`, `${directory}/index.html`);
  }
  const browser = await launchBrowser();
  close.unshift(() => browser.close());
  return {
    browser,
    oidc,
    api,
    home: page.origin + home,
    root: page.origin + base,
    origin: page.origin,
    /** Changes a source file, like a developer who works on it. */
    edit: async (path, from, to) => writeFile(`${folder}/${path}`, (await readFile(`${folder}/${path}`, "utf8")).replace(from, to)),
    async close() {
      for (const end of close) await end();
    },
  };
}

/** The user of an access token, as the server knows it. */
export async function userOf(oidc, token) {
  const answer = await fetch(`${oidc.issuer}/me`, { headers: { authorization: `Bearer ${token}` } });
  return answer.ok ? answer.json() : undefined;
}

/** As one writes `npx vite`. Resolves when it answers. */
export async function startProgram([program, ...args], folder, bin) {
  // A group of its own: a development server has children.
  const child = spawn(`${bin}/${program}`, args, { cwd: folder, env: environment, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  await new Promise((resolve, reject) => {
    child.stderr.on("data", (data) => said.push(data));
    child.stdout.on("data", (data) => (said.push(data), /Local:[^]*(Ready|\n)/.test(said.join("")) && resolve()));
    child.on("exit", (code) => reject(new Error(`${program} ended with ${code}:\n${said.join("")}`)));
  });
  return () => new Promise((resolve) => (child.removeAllListeners("exit"), child.on("exit", resolve), process.kill(-child.pid)));
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export async function command(program, args, options) {
  try {
    return await run(program, args, options);
  } catch (error) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${error.stdout}${error.stderr}`);
  }
}
