// Builds an example as its reader would, with the package as it would be published, and serves it.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildBackend, startBackend } from "../servers/backend.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { startResource } from "../servers/resource.mjs";
import { startWorksmart } from "../servers/worksmart.mjs";
import { launchBrowser } from "../e2e/browser.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * @param options.output the folder of the built app, below the example's
 * @param options.page options of `startPage`
 */
export async function startExample(name, { output = "dist", page: pageOptions, worksmart: isWorksmart = false } = {}) {
  const folder = `${root}examples/${name}`;
  await install(folder);

  // Each build has a folder of its own: one of them may be served while the next is made.
  await mkdir(`${root}target/examples`, { recursive: true });
  const directory = await mkdtemp(`${root}target/examples/${name}-`);
  const page = await startPage({ directory, ...pageOptions });
  const redirectUris = [`${page.origin}/callback`];
  const servers = isWorksmart ? await behindBackend(page, redirectUris) : await openid(page, redirectUris);
  const [server] = servers;

  // The configuration comes from the environment of the build, or for Angular apps from a file beside the page.
  page.config = { clientId: server.clientId, ...(isWorksmart ? { worksmart: server.origin } : { issuer: server.issuer }) };
  const variable = isWorksmart ? { VITE_WORKSMART: server.origin } : { VITE_ISSUER: server.issuer };
  await command("npm", ["run", "build"], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: "production", ...variable, VITE_CLIENT_ID: server.clientId },
  });
  await command("cp", ["-r", `${folder}/${output}/.`, directory]);
  page.scripts = await inlineScripts(`${directory}/index.html`);
  const browser = await launchBrowser();

  return {
    browser,
    page,
    server,
    async close() {
      await browser.close();
      await Promise.all([...servers, page].map((one) => one.close()));
      await rm(directory, { recursive: true });
    },
  };
}

/** Unpacks the package where `npm install` would put it; the lock file does not contain it. */
export async function install(folder) {
  const { version } = JSON.parse(await readFile(`${root}pkg/package.json`, "utf8"));
  const target = `${folder}/node_modules/wicketgate`;
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await command("tar", ["-xzf", `${root}target/wicketgate-${version}.tgz`, "--strip-components=1", "-C", target]);
}

async function openid(page, redirectUris) {
  const oidc = await startOidc({ redirectUris, postLogoutRedirectUris: [`${page.origin}/`], clientName: "The example" });
  page.servers = [oidc.origin];
  return [oidc];
}

async function behindBackend(page, redirectUris) {
  await buildBackend();
  const worksmart = await startWorksmart({ redirectUris, clientName: "The example" });
  const resource = await startResource(worksmart);
  const backend = await startBackend({
    publicOrigin: page.origin,
    clientId: worksmart.clientId,
    clientSecret: worksmart.clientSecret,
    tokenEndpoint: `${worksmart.origin}/api/v1/oauth2/token`,
    apiOrigin: resource.origin,
    // WorkSmart has no PKCE: the backend begins logins without it.
    environment: { WICKETGATE_PKCE: "off", WICKETGATE_AUTHORIZATION_ENDPOINT: `${worksmart.origin}/api/v1/oauth2/authorize` },
  });
  page.backend = backend.origin;
  return [worksmart, resource, backend];
}

/** The policy allows inline scripts of the build by their hashes, as a careful host would. */
async function inlineScripts(file) {
  const html = await readFile(file, "utf8");
  const scripts = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(([, text]) => text);
  return ["'self' 'wasm-unsafe-eval'", ...scripts.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`)].join(" ");
}

async function command(program, args, options) {
  try {
    return await run(program, args, options);
  } catch (error) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${error.stdout}${error.stderr}`);
  }
}
