// The demo: an OpenID provider, another one that lies on request, a WorkSmart stand-in with an API, the backend, and the page
// that uses them all.
// `make demo` builds first. PORT sets the page's port.
import { fileURLToPath } from "node:url";
import { buildBackend, newKey, startBackend } from "../tests/servers/backend.mjs";
import { startBreakable } from "../tests/servers/breakable.mjs";
import { bundle } from "../tests/servers/bundle.mjs";
import { startOidc } from "../tests/servers/oidc.mjs";
import { startPage } from "../tests/servers/page.mjs";
import { startResource } from "../tests/servers/resource.mjs";
import { users } from "../tests/servers/users.mjs";
import { startWorksmart } from "../tests/servers/worksmart.mjs";

const www = fileURLToPath(new URL("../www/", import.meta.url));
const DEFAULT_PORT = 5180;
/** The lifetime of the page's access tokens, in seconds. */
const TOKEN_LIFETIME = 120;
/** The lifetime of WorkSmart's access tokens, in seconds: short, so that a user sees the backend renew them. */
const WORKSMART_LIFETIME = Number(process.env.TOKEN_LIFETIME ?? 60);

const running = [];
let ending = false;

process.on("SIGINT", () => end(0));
process.on("SIGTERM", () => end(0));

try {
  await start();
} catch (error) {
  if (!ending) console.error(error.message);
  await end(1);
}

async function start() {
  console.log("Building the backend: a minute the first time, a moment later on.");
  await buildBackend();
  const routes = {};
  const page = keep(await startPageSomewhere({ directory: www, built: { "/app.js": await bundle(`${www}app.js`) }, routes }));

  const client = (name) => ({ redirectUris: [`${page.origin}/callback/${name}`], clientName: "The wicketgate demo" });
  const oidc = keep(await startOidc({ ...client("openid"), postLogoutRedirectUris: [`${page.origin}/`] }));
  // So short that a user sees the tokens expire.
  oidc.lifetime = TOKEN_LIFETIME;
  const breakable = keep(await startBreakable({ ...client("breakable"), tokenLifetime: TOKEN_LIFETIME }));
  routes["/break"] = breakable.toldToLie;
  const worksmart = keep(await startWorksmart({ ...client("worksmart"), tokenLifetime: WORKSMART_LIFETIME }));
  const resource = keep(await startResource(worksmart));
  page.servers = [oidc.origin, breakable.origin];
  await keepBackendRunning(page, {
    publicOrigin: page.origin,
    clientId: worksmart.clientId,
    clientSecret: worksmart.clientSecret,
    tokenEndpoint: `${worksmart.origin}/api/v1/oauth2/token`,
    apiOrigin: resource.origin,
    // The key outlives the program, so a restart signs nobody out.
    environment: { WICKETGATE_PKCE: "off", WICKETGATE_COOKIE_KEY: newKey() },
  });
  page.config = {
    worksmart: { clientId: worksmart.clientId, baseUrl: worksmart.origin },
    openid: { clientId: oidc.clientId, issuer: oidc.issuer },
    breakable: { clientId: breakable.clientId, issuer: breakable.origin },
  };

  box([
    `wicketgate demo   ${page.origin}`,
    "",
    "user    password",
    ...users.map(({ sub, password }) => `${sub.padEnd(8)}${password}`),
    "",
    "Ctrl-C ends it.",
  ]);
}

/** Starts the backend, and starts it again when it ends, as a service manager does. If it does not start, the demo ends. */
async function keepBackendRunning(page, options) {
  const backend = keep(await startBackend(options));
  page.backend = backend.origin;
  backend.ended.then(async (code) => {
    if (ending) return;
    running.splice(running.indexOf(backend), 1);
    console.error(`The backend ended with ${code}, and is started again.\n${backend.log()}`);
    await keepBackendRunning(page, options).catch((error) => {
      console.error(error.message);
      return end(1);
    });
  });
}

/** The port in PORT if it is set; otherwise the usual port, or any free port if that is taken. */
async function startPageSomewhere(options) {
  const wanted = process.env.PORT;
  try {
    return await startPage({ ...options, port: Number(wanted ?? DEFAULT_PORT) });
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    if (wanted !== undefined) throw new Error(`Port ${wanted} is taken: set PORT to another one, or to 0 for any.`);
    return startPage({ ...options, port: 0 });
  }
}

function keep(server) {
  running.push(server);
  return server;
}

/** Ends the servers, the last one first. */
async function end(code) {
  if (ending) return;
  ending = true;
  for (const server of running.reverse()) await server.close();
  process.exit(code);
}

function box(lines) {
  const width = Math.max(...lines.map((line) => line.length));
  const edge = "─".repeat(width + 4);
  console.log([`╭${edge}╮`, ...lines.map((line) => `│  ${line.padEnd(width)}  │`), `╰${edge}╯`].join("\n"));
}
