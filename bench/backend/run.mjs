// Forwarded requests with a live session, for each candidate in turn, in one run: requests per second, latencies, and the
// processor time of 10,000 requests (user and system, of all processes of a candidate), which is reliable even on a busy
// machine.
//
//   node bench/backend/run.mjs target/server/wicketgate-backend [another program to compare …]
//
// Needs nginx, apache2 with libapache2-mod-auth-openidc and wrk (Debian); `npm install` in this folder; redis-server for
// the candidates with Redis.
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { apache, bareNginx, express, startApi, wicketgate, withRedis } from "./candidates.mjs";
import { memory, processorTime } from "./processes.mjs";
import { startProvider } from "./provider.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const SECONDS = Number(process.env.SECONDS ?? 3);
const CONNECTIONS = (process.env.CONNECTIONS ?? "1 32 256").split(" ").map(Number);
const WITH_REDIS = process.env.REDIS !== "no";

const programs = process.argv.slice(2);
if (programs.length === 0) throw new Error("Name the program, and others to compare it with.");

const folder = await mkdtemp(join(tmpdir(), "wicketgate-bench-"));
await chmod(folder, 0o755); // Apache's children have a user of their own
const open = [];
try {
  const provider = keep(await startProvider());
  const api = keep(await startApi(folder)).origin;
  const context = { folder, provider, api };
  const makers = [
    bareNginx,
    ...programs.map((program) => wicketgate(program, `wicketgate, cookie (${basename(program)})`)),
    apache("mod_auth_openidc, shared memory", "OIDCSessionType server-cache\nOIDCCacheType shm"),
    apache("mod_auth_openidc, client cookie", "OIDCSessionType client-cookie"),
    ...(WITH_REDIS
      ? [
          withRedis((redis) => wicketgate(programs[0], "wicketgate, Redis", { WICKETGATE_SESSION_STORE: `redis://${redis}` })),
          withRedis((redis) => apache("mod_auth_openidc, Redis", `OIDCSessionType server-cache\nOIDCCacheType redis\nOIDCRedisCacheServer ${redis}`)),
        ]
      : []),
    express,
  ];
  const candidates = [];
  for (const make of makers) {
    const candidate = keep(await make(context));
    const response = await fetch(`${candidate.origin}/api/v1/me`, { headers: { "x-requested-with": "wicketgate" }, redirect: "manual" });
    if (candidate.login && response.ok) throw new Error(`${candidate.name} serves without a login.`);
    candidate.cookie = candidate.login ? await candidate.login() : "";
    candidates.push(candidate);
  }
  const rows = [];
  for (const connections of CONNECTIONS) {
    for (const candidate of candidates) candidate.runs = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const candidate of candidates) candidate.runs.push(await load(candidate, connections));
    }
    for (const { name, runs } of candidates) {
      const median = (of) => runs.map(of).sort((a, b) => a - b)[runs.length >> 1];
      rows.push({
        candidate: name,
        connections,
        secondsFor10000: Number(median((run) => run.processor).toFixed(3)),
        requestsPerSecond: Math.round(median((run) => run.rate)),
        p50: Number(median((run) => run.p50).toFixed(2)),
        p99: Number(median((run) => run.p99).toFixed(2)),
        failed: runs.reduce((sum, run) => sum + run.failed, 0),
      });
    }
  }
  const used = [];
  for (const { name, pid, further = [] } of candidates) {
    used.push({ candidate: name, megabytes: Math.round((await memory([pid, ...further])) / 1024) });
  }
  console.table(rows);
  console.table(used);
  await writeFile(new URL("results.json", import.meta.url), `${JSON.stringify({ rounds: ROUNDS, seconds: SECONDS, rows, memory: used }, null, 2)}\n`);
} finally {
  for (const { close } of open.reverse()) close();
  await new Promise((resolve) => setTimeout(resolve, 500));
  await rm(folder, { recursive: true, force: true });
}

function keep(running) {
  open.push(running);
  return running;
}

async function load({ origin, cookie, pid, further = [] }, connections) {
  const before = await processorTime([pid, ...further]);
  const { stdout } = await promisify(execFile)("wrk", [
    ...["-t", "1", "-c", String(connections), "-d", `${SECONDS}s`, "--latency"],
    ...["-H", `cookie: ${cookie}`, "-H", "sec-fetch-site: same-origin", `${origin}/api/v1/me`],
  ]);
  const after = await processorTime([pid, ...further]);
  const requests = Number(/(\d+) requests in/.exec(stdout)[1]);
  const milliseconds = (name) => {
    const [, number, unit] = new RegExp(`${name}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout);
    return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
  };
  return {
    processor: ((after - before) / requests) * 10_000,
    rate: requests / SECONDS,
    p50: milliseconds("50"),
    p99: milliseconds("99"),
    failed: Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
  };
}
