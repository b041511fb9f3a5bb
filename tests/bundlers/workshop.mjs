// Where the apps are built: a folder for each bundler under target/, with what its lock file names and the packed package.
import { execFile, spawn } from "node:child_process";
import { copyFile, cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPage } from "../servers/page.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const pkg = fileURLToPath(new URL("../../pkg", import.meta.url));
const workshop = fileURLToPath(new URL("../../target/bundlers/", import.meta.url));
// Nothing that a bundler does here is of interest to its makers; and nothing depends on the terminal.
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" };
const run = promisify(execFile);

/** What would be published, packed once. */
const tarball = mkdir(workshop, { recursive: true })
  .then(() => run("npm", ["pack", "--silent", "--pack-destination", workshop], { cwd: pkg }))
  .then(({ stdout }) => workshop + stdout.trim());

/**
 * A folder with the bundler's template, the app, all that it needs, and nothing that an earlier build left.
 * `entry` is what the app imports in place of `wicketgate`.
 */
export async function lay(bundler, entry) {
  const template = `${here}${bundler}/`;
  const folder = `${workshop}${bundler}/`;
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) if (name !== "node_modules") await rm(folder + name, { recursive: true });
  for (const source of [`${here}app`, template]) await cp(source, folder, { recursive: true });
  await install(folder);

  const login = await readFile(`${folder}login.js`, "utf8");
  await writeFile(`${folder}login.js`, login.replace('"wicketgate"', JSON.stringify(entry)));
  return folder;
}

/** The lock file says what is installed, and does not know the tarball, which is another one after each build. */
async function install(folder) {
  const read = (path) => readFile(folder + path, "utf8").catch(() => undefined);
  const installed = "node_modules/.installed-lock.json";
  const lock = await read("package-lock.json");
  if (lock && lock !== (await read(installed))) {
    await run("npm", ["ci", "--silent"], { cwd: folder });
    await copyFile(`${folder}package-lock.json`, folder + installed);
  }
  const place = `${folder}node_modules/wicketgate`;
  // What a development server has made of an earlier tarball, which had the same version, is out of date with it.
  for (const old of [place, `${folder}node_modules/.vite`]) await rm(old, { recursive: true, force: true });
  await mkdir(place, { recursive: true });
  // As npm does it; the package has no dependencies and no scripts.
  await run("tar", ["--extract", "--file", await tarball, "--directory", place, "--strip-components", "1"]);
}

/** Builds for production, as the template's manifest says. */
export const build = (folder) => run("npm", ["run", "--silent", "build"], { cwd: folder, env });

/** How an app is served: the files of one of its folders, under a strict policy. `options` are those of `startPage`. */
export const files = (under) => (folder, options) => startPage({ directory: folder + under, ...options });

/** How an app is served: by a program that comes with the bundler, and prints its address when it is ready. */
export const program = (...command) => async (folder) => {
  const child = spawn(process.execPath, command, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill();
  process.once("exit", kill);
  const ended = new Promise((resolve) => child.once("close", resolve)).finally(() => process.off("exit", kill));

  let log = "";
  const listening = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        log += text;
        const address = /http:\/\/127\.0\.0\.1:\d+/.exec(log);
        if (address) resolve(address[0]);
      });
    }
  });
  const origin = await Promise.race([listening, ended]);
  if (typeof origin !== "string") throw new Error(`${command[0]} did not start.\n${log}`);
  return {
    origin,
    close() {
      kill();
      return ended;
    },
  };
};
