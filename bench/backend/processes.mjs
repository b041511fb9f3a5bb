// The processor time and memory of a candidate's processes and their descendants, read from /proc.
import { readFile, readdir } from "node:fs/promises";

const TICKS = 100; // of /proc/…/stat, per second

/** The fields of /proc/…/stat after the name, of processes and their descendants, by process. */
async function family(pids) {
  const all = new Map();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => undefined);
    if (stat) all.set(Number(name), stat.slice(stat.lastIndexOf(")") + 2).split(" "));
  }
  const members = new Set(pids);
  for (let size = 0; size !== members.size; ) {
    size = members.size;
    for (const [id, fields] of all) if (members.has(Number(fields[1]))) members.add(id);
  }
  return new Map([...members].filter((id) => all.has(id)).map((id) => [id, all.get(id)]));
}

/** Seconds, user and system, of processes, of their descendants, and of descendants that ended. */
export async function processorTime(pids) {
  const times = [...(await family(pids)).values()].map((fields) => [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0));
  return times.reduce((sum, time) => sum + time, 0) / TICKS;
}

/** Kilobytes: the proportional set size, in which a page that processes share is counted once. */
export async function memory(pids) {
  let sum = 0;
  for (const id of (await family(pids)).keys()) {
    const rollup = await readFile(`/proc/${id}/smaps_rollup`, "utf8").catch(() => "");
    sum += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return sum;
}
