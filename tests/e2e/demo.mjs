// The demo, started as a user starts it, the devices on which it is used, and the user's actions.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { needs } from "./browser.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const screenshots = `${root}target/screenshots/`;
await mkdir(screenshots, { recursive: true });

export const devices = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 860 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 860 } },
  phone: {
    colorScheme: "light",
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  },
  "phone-dark": {
    colorScheme: "dark",
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  },
};

/** Options of a test on that device. */
export const asked = ({ colorScheme }) => (colorScheme === "dark" ? needs("darkness") : {});

/** Messages of a page that it should not have logged. */
export const unexpected = (heard) =>
  heard
    // The browser itself logs the backend's answer 401, which the contract demands if there is no session.
    .filter((text) => !(text.includes("401") && text.endsWith("/auth/session")))
    // Before a picture in Firefox, Playwright tries to add this style, and the policy refuses it.
    .filter((text) => !text.includes(createHash("sha256").update("body {}").digest("base64")));

export async function logInAs(page, username) {
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password").fill("wicket");
  await page.getByRole("button", { name: "Allow" }).click();
}

/** A page of `demo`, and its messages. */
export async function open(t, { demo, browser }, options) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const heard = [];
  page.on("console", (message) => heard.push(`${message.text()} ${message.location().url}`));
  page.on("pageerror", (error) => heard.push(error.message));
  await page.goto(demo.origin);
  return { page, heard };
}

export async function startDemo(environment) {
  const child = spawn(process.execPath, [`${root}scripts/demo.mjs`], { env: { ...process.env, ...environment } });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((resolve) => child.on("close", resolve));
  const ready = new Promise((resolve) => {
    child.stdout.on("data", () => {
      const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(log)?.[0];
      if (origin && log.includes("╯")) resolve(origin);
    });
  });
  const origin = await Promise.race([ready, ended]);
  if (typeof origin !== "string") throw new Error(log);
  return {
    origin,
    pid: child.pid,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
