// Logins for each candidate, and what its sessions cost in memory: at rest, and with all of them. Memory is the proportional set
// size of all its processes, its Redis among them: a page that processes share is counted once.
//
//   node bench/backend/sessions.mjs target/server/wicketgate-backend
//
// SESSIONS sets how many logins there are: 10,000 unless it is set.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apache, startApi, wicketgate, withRedis } from "./candidates.mjs";
import { memory } from "./processes.mjs";
import { startProvider } from "./provider.mjs";

const SESSIONS = Number(process.env.SESSIONS ?? 10_000);
const AT_ONCE = 32;
const [program] = process.argv.slice(2);
if (!program) throw new Error("Name the program.");

const makers = [
  wicketgate(program, "wicketgate, cookie"),
  apache("mod_auth_openidc, shared memory", `OIDCSessionType server-cache\nOIDCCacheType shm\nOIDCCacheShmMax ${SESSIONS * 4}`),
  withRedis((redis) => wicketgate(program, "wicketgate, Redis", { WICKETGATE_SESSION_STORE: `redis://${redis}` })),
  withRedis((redis) => apache("mod_auth_openidc, Redis", `OIDCSessionType server-cache\nOIDCCacheType redis\nOIDCRedisCacheServer ${redis}`)),
];

const folder = await mkdtemp(join(tmpdir(), "wicketgate-bench-"));
await chmod(folder, 0o755); // Apache's children have a user of their own
const open = [];
try {
  const provider = await startProvider();
  open.push(provider);
  const api = await startApi(folder);
  open.push(api);
  const rows = [];
  for (const make of makers) {
    const candidate = await make({ folder, provider, api: api.origin });
    open.push(candidate);
    const pids = [candidate.pid, ...(candidate.further ?? [])];
    await candidate.login();
    const before = await memory(pids);
    const begun = performance.now();
    let left = SESSIONS;
    const user = async () => {
      while (left-- > 0) await candidate.login();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, user));
    const seconds = (performance.now() - begun) / 1000;
    const after = await memory(pids);
    rows.push({
      candidate: candidate.name,
      loginsPerSecond: Math.round(SESSIONS / seconds),
      megabytesAtRest: Math.round(before / 1024),
      [`megabytesWith${SESSIONS}`]: Math.round(after / 1024),
      kilobytesForEach: Number(((after - before) / SESSIONS).toFixed(2)),
    });
  }
  console.table(rows);
  await writeFile(new URL("sessions.json", import.meta.url), `${JSON.stringify({ sessions: SESSIONS, rows }, null, 2)}\n`);
} finally {
  for (const { close } of open.reverse()) close();
  await new Promise((resolve) => setTimeout(resolve, 500));
  await rm(folder, { recursive: true, force: true });
}
