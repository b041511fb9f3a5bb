// Starts the backend as an operator does: the built binary, configured by environment variables, ended by a signal.
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = `${root}target/debug/wicketgate-backend`;

/** Builds the backend, because a stale binary would test yesterday's code. If nothing has changed, this takes a moment. */
export const buildBackend = () =>
  promisify(execFile)("cargo", ["build", "--quiet", "-p", "wicketgate-backend"], { cwd: root });

/** A key for the cookies, as an operator makes one. */
export const newKey = () => randomBytes(32).toString("base64url");

/**
 * @param options.publicOrigin the page's origin
 * @param options.tokenEndpoint the endpoint at which the backend redeems codes
 * @param options.apiOrigin the origin to which it forwards `/api/…`
 * @param options.environment further `WICKETGATE_…` variables, or other values for these
 * @returns `origin`; `log()`, everything it printed; `ended`, a promise of its exit code; `close()`
 */
export async function startBackend({ publicOrigin, clientId, clientSecret, tokenEndpoint, apiOrigin, environment }) {
  const child = spawn(binary, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // out of reach of the terminal's Ctrl-C, which is for the one who started this to answer
    env: {
      ...process.env,
      WICKETGATE_LISTEN: "127.0.0.1:0",
      WICKETGATE_PUBLIC_ORIGIN: publicOrigin,
      WICKETGATE_CLIENT_ID: clientId,
      WICKETGATE_CLIENT_SECRET: clientSecret,
      WICKETGATE_TOKEN_ENDPOINT: tokenEndpoint,
      WICKETGATE_CLIENT_AUTHENTICATION: "form",
      WICKETGATE_COOKIE_KEY: newKey(),
      WICKETGATE_API_ORIGIN: apiOrigin,
      ...environment,
    },
  });

  const kill = () => child.kill();
  process.once("exit", kill);

  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve(((log += error.message), -1)));
    child.on("close", (code) => resolve(code));
  }).finally(() => process.off("exit", kill));

  const listening = new Promise((resolve) => {
    child.stdout.on("data", () => {
      const line = /^listening on (http:\/\/\S+)$/m.exec(log);
      if (line) resolve(line[1]);
    });
  });
  const origin = await Promise.race([listening, ended]);
  if (typeof origin !== "string") throw new Error(`The backend did not start.\n${log}`);

  return {
    origin,
    ended,
    log: () => log,
    close() {
      kill();
      return ended;
    },
  };
}
