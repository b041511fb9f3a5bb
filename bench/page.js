// The app of every peer. The rig puts `bench` into the page before this runs.
import connect from "the-peer";

const { config, task } = globalThis.bench;
const now = () => performance.timeOrigin + performance.now();

globalThis.connect = () => connect(config);

/** By name: the work that a page does by itself as soon as its script runs, for the tasks that are timed from outside. */
const tasks = {
  async cold() {
    const client = await globalThis.connect();
    const isSignedIn = await client.isSignedIn?.();
    const known = isSignedIn === undefined ? undefined : performance.now();
    const url = await client.url();
    const ms = performance.now();
    await new Promise((resolve) => setTimeout(resolve)); // the last of them begins a moment later
    const loads = performance.getEntriesByType("resource").map(({ name, startTime, responseEnd }) => ({ name, startTime, responseEnd }));
    return { url, known, ms, loads };
  },
  /** The page to which the server sends the browser. */
  async landing() {
    const { href } = location;
    if (!/[?&#]code=/.test(href)) return undefined;
    const client = await globalThis.connect();
    const { sub } = await client.callback(href);
    return { sub, ms: performance.now() };
  },
  async login() {
    const { href } = location;
    if (!/[?&#]code=/.test(href)) return undefined;
    const client = await globalThis.connect();
    const { sub } = await client.callback(href);
    return { sub, ms: now() - Number(sessionStorage.getItem("bench.start")) };
  },
};

if (task) tasks[task]().then((result) => result && benchDone(result), (error) => benchDone({ error: String(error) }));
