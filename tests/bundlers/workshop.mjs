// The place where the apps are built: a folder for each bundler under target/, with the packages of its lock file and the
// packed package.
import { execFile, spawn } from "node:child_process";
import { copyFile, cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPage } from "../servers/page.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const pkg = fileURLToPath(new URL("../../pkg", import.meta.url));
const workshop = fileURLToPath(new URL("../../target/bundlers/", import.meta.url));
// A bundler must not report usage to its makers, and nothing may depend on the terminal.
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" };
const run = promisify(execFile);

/** The tarball to publish, as the build packed it. */
const tarball = readFile(`${pkg}/package.json`, "utf8").then((text) => `${pkg}/../target/wicketgate-${JSON.parse(text).version}.tgz`);

/**
 * A folder with the bundler's template, the app and its dependencies, and without the files of an earlier build.
 * `entry` is the entry that the app imports in place of `wicketgate`.
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

/** Installs the packages of the lock file. The lock file does not contain the tarball, which is different after each build. */
async function install(folder) {
  const read = (path) => readFile(folder + path, "utf8").catch(() => undefined);
  const installed = "node_modules/.installed-lock.json";
  const lock = await read("package-lock.json");
  if (lock && lock !== (await read(installed))) {
    await run("npm", ["ci", "--silent"], { cwd: folder });
    await copyFile(`${folder}package-lock.json`, folder + installed);
  }
  const place = `${folder}node_modules/wicketgate`;
  // A development server's cache of an earlier tarball is outdated, although the version is the same.
  for (const old of [place, `${folder}node_modules/.vite`]) await rm(old, { recursive: true, force: true });
  await mkdir(place, { recursive: true });
  // As npm does it. The package has no dependencies and no scripts.
  await run("tar", ["--extract", "--file", await tarball, "--directory", place, "--strip-components", "1"]);
}

/** Builds for production, with the command of the template's manifest. */
export const build = (folder) => run("npm", ["run", "--silent", "build"], { cwd: folder, env });

/** Serves an app as the files of one of its folders, under a strict policy. `options` are those of `startPage`. */
export const files = (under) => (folder, options) => startPage({ directory: folder + under, ...options });

/** Serves an app by a program that comes with the bundler and prints its address when it is ready. */
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
