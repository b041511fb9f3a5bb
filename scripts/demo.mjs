// The demo: an OpenID provider, a WorkSmart stand-in with an API, the backend, and the page that uses them all.
// `make demo` builds first. PORT sets the page's port.
import { fileURLToPath } from "node:url";
import { buildBackend, startBackend } from "../tests/servers/backend.mjs";
import { bundle } from "../tests/servers/bundle.mjs";
import { startOidc } from "../tests/servers/oidc.mjs";
import { startPage } from "../tests/servers/page.mjs";
import { startResource } from "../tests/servers/resource.mjs";
import { users } from "../tests/servers/users.mjs";
import { startWorksmart } from "../tests/servers/worksmart.mjs";

const www = fileURLToPath(new URL("../www/", import.meta.url));
const DEFAULT_PORT = 5180;

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
  const page = keep(await startPageSomewhere({ directory: www, built: { "/app.js": await bundle(`${www}app.js`) } }));

  const client = (name) => ({ redirectUris: [`${page.origin}/callback/${name}`], clientName: "The wicketgate demo" });
  const oidc = keep(await startOidc({ ...client("openid"), postLogoutRedirectUris: [`${page.origin}/`] }));
  const worksmart = keep(await startWorksmart(client("worksmart")));
  const resource = keep(await startResource(worksmart));
  const backend = keep(
    await startBackend({
      publicOrigin: page.origin,
      clientId: worksmart.clientId,
      clientSecret: worksmart.clientSecret,
      tokenEndpoint: `${worksmart.origin}/api/v1/oauth2/token`,
      apiOrigin: resource.origin,
    }),
  );
  backend.ended.then((code) => {
    if (ending) return;
    console.error(`The backend ended with ${code}.\n${backend.log()}`);
    end(1);
  });

  page.servers = [oidc.origin];
  page.backend = backend.origin;
  page.config = {
    worksmart: { clientId: worksmart.clientId, baseUrl: worksmart.origin },
    openid: { clientId: oidc.clientId, issuer: oidc.issuer },
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

/** PORT when it is set; else the usual port, or any when that is taken. */
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

/** Ends what was started, last first. */
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
