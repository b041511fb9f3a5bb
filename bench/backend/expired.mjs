// A thousand sessions whose access tokens expire at the same moment, and three requests of each at once: how many refreshes
// reach the server, and how many requests fail. Then as many concurrent logins as there are connections.
//
//   node bench/backend/expired.mjs target/server/wicketgate-backend [redis]
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApi, wicketgate, withRedis } from "./candidates.mjs";
import { startProvider } from "./provider.mjs";

const SESSIONS = Number(process.env.SESSIONS ?? 1000);
const REQUESTS = 3;
const LIFETIME = 90; // seconds; the logins must be done before
const [program, redis] = process.argv.slice(2);

const folder = await mkdtemp(join(tmpdir(), "wicketgate-bench-"));
await chmod(folder, 0o755);
const open = [];
const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
try {
  const provider = await startProvider();
  open.push(provider);
  const api = await startApi(folder);
  open.push(api);
  const make = redis
    ? withRedis((address) => wicketgate(program, "wicketgate, Redis", { WICKETGATE_SESSION_STORE: `redis://${address}` }))
    : wicketgate(program, "wicketgate, cookie");
  const backend = await make({ folder, provider, api: api.origin });
  open.push(backend);

  const memory = async () => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${backend.pid}/status`, "utf8"))[1]);
  const before = await memory();
  provider.lifetime = LIFETIME;
  const cookies = [];
  const begun = performance.now();
  for (let at = 0; at < SESSIONS; at += 32) {
    cookies.push(...(await Promise.all(Array.from({ length: Math.min(32, SESSIONS - at) }, () => backend.login()))));
  }
  const seconds = (performance.now() - begun) / 1000;
  const over = Date.now() + LIFETIME * 1000;
  const after = await memory();
  while (Date.now() < over) await new Promise((resolve) => setTimeout(resolve, over - Date.now()));

  provider.lifetime = 3600;
  const statuses = {};
  const first = performance.now();
  const asked = cookies.flatMap((cookie) => Array.from({ length: REQUESTS }, () => ask(backend.origin, cookie)));
  for (const status of await Promise.all(asked)) statuses[status] = (statuses[status] ?? 0) + 1;
  const result = {
    candidate: backend.name,
    sessions: SESSIONS,
    loginsPerSecond: Math.round(SESSIONS / seconds),
    kilobytesForEachSession: (after - before) / SESSIONS,
    requests: asked.length,
    statuses,
    refreshes: provider.refreshes,
    seconds: Number(((performance.now() - first) / 1000).toFixed(1)),
  };
  console.log(result);
  await writeFile(new URL(`expired-${redis ? "redis" : "cookie"}.json`, import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
} finally {
  agent.destroy();
  for (const { close } of open.reverse()) close();
  await new Promise((resolve) => setTimeout(resolve, 500));
  await rm(folder, { recursive: true, force: true });
}

function ask(origin, cookie) {
  return new Promise((resolve) => {
    const request = http.get(`${origin}/api/v1/me`, { agent, headers: { cookie, "sec-fetch-site": "same-origin" } }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    });
    request.on("error", (error) => resolve(error.code));
  });
}
