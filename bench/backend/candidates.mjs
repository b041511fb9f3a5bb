// The candidates. Each serves an API behind a login, on a port of its own.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import net from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const MODULES = "/usr/lib/apache2/modules";

export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until a server listens on the port. */
async function listens(port) {
  for (let attempt = 0; attempt < 400; attempt++) {
    const isThere = await new Promise((resolve) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`Nothing listens at ${port}.`);
}

function start(program, options, environment = {}) {
  const child = spawn(program, options, { stdio: ["ignore", "ignore", process.env.LOUD ? "inherit" : "ignore"], env: { ...process.env, ...environment } });
  return { pid: child.pid, close: () => child.kill() };
}

const nginxPaths = (folder) =>
  ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");

async function nginx(folder, name, server) {
  const port = await freePort();
  const own = join(folder, name);
  await mkdir(own);
  await writeFile(
    join(own, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${own}/pid; error_log ${own}/error.log; events { worker_connections 4096; }
     http { access_log off; keepalive_requests 1000000; ${nginxPaths(own)} ${server(port)} }`,
  );
  const running = start("nginx", ["-c", join(own, "nginx.conf"), "-p", own]);
  await listens(port);
  return { ...running, origin: `http://127.0.0.1:${port}` };
}

/** The API: one small answer. */
export const startApi = (folder) =>
  nginx(
    folder,
    "api",
    (port) => `server { listen 127.0.0.1:${port}; location / { default_type application/json;
      return 200 '{"id":17,"name":"Ada","email":"ada@example.org","roles":["reader","writer"]}'; } }`,
  );

/** nginx that only forwards: the minimum that forwarding costs. */
export const bareNginx = async ({ folder, api }) => ({
  name: "nginx, no login",
  ...(await nginx(
    folder,
    "bare",
    (port) => `upstream api { server ${new URL(api).host}; keepalive 256; }
      server { listen 127.0.0.1:${port}; location / { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; } }`,
  )),
});

/** A Redis of its own, and the candidate that `make` creates with its address. The Redis's processor time and memory count, too. */
export const withRedis = (make) => async (context) => {
  const port = await freePort();
  const redis = start("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", context.folder]);
  await listens(port);
  const running = await make(`127.0.0.1:${port}`)(context);
  return { ...running, further: [redis.pid], close: () => (running.close(), redis.close()) };
};

/** `login` is how its user signs in: here by a hand-off. */
export const wicketgate = (program, name, environment = {}) => async ({ provider, api }) => {
  const port = await freePort();
  const running = start(program, [], {
    RUST_LOG: "error",
    WICKETGATE_LISTEN: `127.0.0.1:${port}`,
    WICKETGATE_PUBLIC_ORIGIN: `http://127.0.0.1:${port}`,
    WICKETGATE_CLIENT_ID: "app",
    WICKETGATE_CLIENT_SECRET: "secret-of-the-bench-app-which-is-long",
    WICKETGATE_TOKEN_ENDPOINT: `${provider.origin}/token`,
    WICKETGATE_ISSUER: provider.origin,
    WICKETGATE_JWKS_URI: `${provider.origin}/jwks`,
    WICKETGATE_COOKIE_KEY: randomBytes(32).toString("base64url"),
    WICKETGATE_API_ORIGIN: api,
    WICKETGATE_ALLOW_UNBOUND: "yes",
    ...environment,
  });
  await listens(port);
  const origin = `http://127.0.0.1:${port}`;
  const login = async () => {
    const redirect = `${origin}/callback`;
    const ask = new URLSearchParams({ client_id: "app", redirect_uri: redirect, state: "state", nonce: "nonce" });
    const back = await fetch(`${provider.origin}/authorize?${ask}`, { redirect: "manual" });
    const code = new URL(back.headers.get("location")).searchParams.get("code");
    const response = await fetch(`${origin}/auth/exchange`, {
      method: "POST",
      headers: { origin, "x-requested-with": "wicketgate", "content-type": "application/json" },
      body: JSON.stringify({ code, state: "state", client_id: "app", nonce: "nonce" }),
    });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
    return response.headers.getSetCookie().map((field) => field.split(";")[0]).join("; ");
  };
  return { name, ...running, origin, login };
};

/** Apache with mod_auth_openidc, which keeps sessions in the way that `session` says. */
export const apache = (name, session) => async ({ folder, provider, api }) => {
  const port = await freePort();
  const own = join(folder, name.replaceAll(/\W+/g, "-"));
  await mkdir(own);
  const modules = ["mpm_event", "authz_core", "authn_core", "authz_user", "env", "headers", "proxy", "proxy_http", "auth_openidc"];
  await writeFile(
    join(own, "httpd.conf"),
    `ServerRoot ${own}
     ServerName 127.0.0.1
     Listen 127.0.0.1:${port}
     PidFile ${own}/pid
     ErrorLog ${own}/error.log
     LogLevel error
     DefaultRuntimeDir ${own}
     ${modules.map((module) => `LoadModule ${module}_module ${MODULES}/mod_${module}.so`).join("\n")}
     MaxKeepAliveRequests 0
     ThreadLimit 128
     ServerLimit 4
     ThreadsPerChild 128
     MaxRequestWorkers 512
     User www-data
     Group www-data
     OIDCProviderMetadataURL ${provider.origin}/.well-known/openid-configuration
     OIDCClientID app
     OIDCClientSecret secret-of-the-bench-app-which-is-long
     OIDCRedirectURI http://127.0.0.1:${port}/callback
     OIDCCryptoPassphrase a-passphrase-of-the-bench
     OIDCScope openid
     OIDCUnAuthAction auth true
     OIDCSessionInactivityTimeout 3600
     ${session}
     <Location />
       AuthType openid-connect
       Require valid-user
       RequestHeader set Authorization "Bearer %{OIDC_access_token}e"
       ProxyPass ${api}/ keepalive=On
     </Location>`,
  );
  const running = start("apache2", ["-d", own, "-f", join(own, "httpd.conf"), "-DFOREGROUND"]);
  await listens(port);
  return { name, ...running, origin: `http://127.0.0.1:${port}`, login: () => follow(`http://127.0.0.1:${port}/api/v1/me`) };
};

export const express = async ({ provider, api }) => {
  const port = await freePort();
  const running = start(process.execPath, [join(here, "express.mjs")], { NODE_ENV: "production", PORT: String(port), ISSUER: provider.origin, API: api });
  await listens(port);
  return { name: "express-openid-connect, cookie", ...running, origin: `http://127.0.0.1:${port}`, login: () => follow(`http://127.0.0.1:${port}/api/v1/me`) };
};

/** Signs in like a browser, by following the redirects; returns the cookies. */
async function follow(url) {
  const cookies = new Map();
  for (let step = 0; step < 8; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie, accept: "text/html" } });
    for (const field of response.headers.getSetCookie()) {
      const [name, ...value] = field.split(";")[0].split("=");
      if (value.join("=") === "" || /max-age=0|1970/i.test(field)) cookies.delete(name);
      else cookies.set(name, value.join("="));
    }
    const location = response.headers.get("location");
    if (!location) {
      if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
      return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    }
    url = new URL(location, url).href;
  }
  throw new Error("The login never ends.");
}
