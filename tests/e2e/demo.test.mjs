// The demo itself, started as a person starts it, used with a mouse and with a keyboard, and looked at.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "./stage.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const screenshots = `${root}target/screenshots/`;
await mkdir(screenshots, { recursive: true });

const demo = await startDemo({ PORT: "0" });
const browser = await launchBrowser();
after(async () => {
  await browser.close();
  await demo.end("SIGTERM");
});

const devices = {
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

for (const [device, options] of Object.entries(devices)) {
  for (const server of ["WorkSmart", "OpenID Connect"]) {
    test(`demo, ${device}: logs in with ${server}, calls the API, logs out`, async (t) => {
      const { page, heard } = await open(t, options);
      const picture = (name) =>
        page.screenshot({
          path: `${screenshots}${device}-${server.slice(0, 6).toLowerCase()}-${name}.png`,
          fullPage: true,
        });

      await page.getByRole("radio", { name: server }).check();
      await picture("1-signed-out");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByLabel("User name").fill("ada");
      await page.getByLabel("Password").fill("wicket");
      await picture("2-server");
      await page.getByRole("button", { name: "Allow" }).click();

      await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
      assert.equal(page.url(), `${demo.origin}/`, "the callback's path and parameters are gone");
      assert.match(await page.locator("#status").textContent(), /^Signed in at/);
      await page.getByText("ada@example.com").waitFor();

      await page.getByRole("button", { name: "Call the API" }).click();
      await page.getByText(/^GET .* answered 200$/).waitFor();
      await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
      await picture("3-signed-in");

      const scroll = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert(scroll <= 0, "nothing sticks out sideways");

      await page.getByRole("button", { name: "Log out" }).click();
      await page.getByRole("button", { name: "Log in" }).waitFor();
      assert.equal(await page.locator("#status").textContent(), "Signed out");
      // The browser itself writes down that the backend answered "no session" with 401, as the contract says.
      assert.deepEqual(
        heard.filter((text) => !(text.includes("401") && text.endsWith("/auth/session"))),
        [],
      );
    });
  }
}

test("demo: everything works with the keyboard alone, and what has the focus is seen", async (t) => {
  const { page } = await open(t, devices.light);
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.value);
  const outlined = () => page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none");
  const tab = async (expected) => {
    await page.keyboard.press("Tab");
    assert.equal(await focused(), expected);
    assert(await outlined(), `${expected} shows that it has the focus`);
  };

  await page.getByRole("heading", { level: 1 }).waitFor();
  await tab("wicketgate");
  await tab("worksmart");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "openid");
  await tab("Log in");
  await page.screenshot({ path: `${screenshots}keyboard.png` });
  await page.keyboard.press("Enter");

  await page.getByLabel("User name").focus();
  await page.keyboard.type("grace");
  await page.keyboard.press("Tab");
  await page.keyboard.type("wicket");
  await page.keyboard.press("Enter");

  await page.getByRole("heading", { name: "Hello, Grace Hopper." }).waitFor();
  await page.waitForFunction(() => document.activeElement.tagName === "H1");
  await tab("Call the API");
  await page.keyboard.press("Enter");
  await page.getByText(/answered 200$/).waitFor();
  await tab("Log out");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Log in" }).waitFor();
});

test("demo: a denial is told with code, sentence and hint", async (t) => {
  for (const [device, server] of [
    ["light", "OpenID Connect"],
    ["phone-dark", "WorkSmart"],
  ]) {
    const { page } = await open(t, devices[device]);
    await page.getByRole("radio", { name: server }).check();
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: "Deny" }).click();
    const alert = page.getByRole("alert");
    await alert.getByText("authorization_failed · access_denied").waitFor();
    for (const id of ["error-message", "error-hint"])
      assert.match(await page.locator(`#${id}`).textContent(), /\w.*\.$/);
    assert.equal(page.url(), `${demo.origin}/`);
    await page.screenshot({ path: `${screenshots}${device}-denied.png`, fullPage: true });
  }
});

test("demo: the chosen server is remembered", async (t) => {
  const { page } = await open(t, devices.light);
  await page.getByRole("radio", { name: "OpenID Connect" }).check();
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("button", { name: "Deny" }).waitFor();
  await page.goto(demo.origin);
  assert(await page.getByRole("radio", { name: "OpenID Connect" }).isChecked());
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  test(`demo: ${signal} ends it cleanly, and its port is free again`, async () => {
    const other = await startDemo({ PORT: "0" });
    assert.equal(await other.end(signal), 0);
    await assert.rejects(fetch(other.origin));
  });
}

test("demo: a port that was asked for and is taken is told, not replaced", async () => {
  const { port } = new URL(demo.origin);
  await assert.rejects(startDemo({ PORT: port }), new RegExp(`Port ${port} is taken`));
});

async function open(t, options) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const heard = [];
  page.on("console", (message) => heard.push(`${message.text()} ${message.location().url}`));
  page.on("pageerror", (error) => heard.push(error.message));
  await page.goto(demo.origin);
  return { page, heard };
}

async function startDemo(environment) {
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
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
