// Writes the tables of README.md from the results in this folder, between the lines that say where.
import { readFile, writeFile } from "node:fs/promises";

const file = new URL("README.md", import.meta.url);
const read = async (name) => JSON.parse(await readFile(new URL(name, import.meta.url), "utf8"));

const { rows, memory } = await read("results.json");
const expired = [await read("expired-cookie.json"), await read("expired-redis.json")];
const sessions = await read("sessions.json");

const table = (head, body) => [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const connections = [...new Set(rows.map((row) => row.connections))];
const candidates = [...new Set(rows.map((row) => row.candidate))];
const seconds = (candidate, count) => rows.find((row) => row.candidate === candidate && row.connections === count).secondsFor10000;
const isOurs = (name) => name.startsWith("wicketgate");
const ours = candidates.filter(isOurs);
const [cookie, redis] = [ours.find((name) => name.includes("cookie")), ours.find((name) => name.includes("Redis"))];
const plain = (name) => name.replace(/ \(.*\)$/, "");

/** The goals for our processor time, as a multiple of another candidate's. */
const goals = [
  [cookie, "mod_auth_openidc, client cookie", 1 / 5],
  [cookie, "mod_auth_openidc, shared memory", 1 / 3],
  [cookie, "nginx, no login", 4],
  [redis, "mod_auth_openidc, Redis", 1 / 5],
];
const asFraction = (ratio) => (ratio < 1 ? `1/${(1 / ratio).toFixed(1)}` : ratio.toFixed(1));

const tables = {
  processor: table(
    ["", ...connections.map((count) => `${count} connection${count > 1 ? "s" : ""}`), "p50 / p99 at 32, ms", "memory, MB"],
    candidates.map((candidate) => {
      const { p50, p99 } = rows.find((row) => row.candidate === candidate && row.connections === 32);
      const { megabytes } = memory.find((row) => row.candidate === candidate);
      return [plain(candidate), ...connections.map((count) => `${seconds(candidate, count).toFixed(2)} s`), `${p50} / ${p99}`, megabytes];
    }),
  ),
  ratios: table(
    ["ours", "over", "at most", ...connections.filter((count) => count > 1).map((count) => `at ${count}`)],
    goals.map(([one, other, goal]) => [
      plain(one), other, asFraction(goal),
      ...connections.filter((count) => count > 1).map((count) => asFraction(seconds(one, count) / seconds(other, count))),
    ]),
  ),
  expired: table(
    ["", "sessions", "requests", "answers", "refreshes at the server", "seconds", "logins per second"],
    expired.map((row) => [
      row.candidate, row.sessions, row.requests,
      Object.entries(row.statuses).map(([status, count]) => `${count} × ${status}`).join(", "), row.refreshes, row.seconds, row.loginsPerSecond,
    ]),
  ),
  sessions: table(
    ["", "logins per second", "MB at rest", `MB with ${sessions.sessions} sessions`, "kB for each"],
    sessions.rows.map((row) => [row.candidate, row.loginsPerSecond, row.megabytesAtRest, row[`megabytesWith${sessions.sessions}`], row.kilobytesForEach]),
  ),
};

let text = await readFile(file, "utf8");
for (const [name, content] of Object.entries(tables)) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [before, rest] = text.split(begin);
  if (rest === undefined) throw new Error(`README.md has no place for ${name}.`);
  text = `${before}${begin}\n\n${content}\n\n${end}${rest.split(end)[1]}`;
}
await writeFile(file, text);
