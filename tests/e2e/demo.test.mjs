// The demo itself, started as a person starts it, used with a mouse and with a keyboard, and looked at.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchBrowser, needs } from "./browser.mjs";

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

const asked = ({ colorScheme }) => (colorScheme === "dark" ? needs("darkness") : {});

const ways = {
  WorkSmart: { ask: "Call the API", answered: /^GET .* answered 200$/, shows: "Analytical engine" },
  "OpenID Connect": { ask: "User info", answered: "What the UserInfo endpoint answered", shows: '"sub": "ada"' },
};

for (const [device, options] of Object.entries(devices)) {
  for (const [server, { ask, answered, shows }] of Object.entries(ways)) {
    test(`demo, ${device}: logs in with ${server}, asks for more, logs out`, asked(options), async (t) => {
      const { page, heard } = await open(t, options);
      const picture = (name) =>
        page.screenshot({
          path: `${screenshots}${device}-${server.slice(0, 6).toLowerCase()}-${name}.png`,
          fullPage: true,
        });

      await page.getByRole("radio", { name: server }).check();
      await picture("1-signed-out");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByLabel("User name").waitFor();
      await picture("2-server");
      await logInAs(page, "ada");

      await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
      assert.equal(page.url(), `${demo.origin}/`, "the callback's path and parameters are gone");
      assert.match(await page.locator("#status").textContent(), /^Signed in at/);
      await page.getByText("ada@example.com").waitFor();

      await page.getByRole("button", { name: ask }).click();
      await page.getByText(answered).waitFor();
      assert((await page.locator("#answer pre").textContent()).includes(shows));
      await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
      await picture("3-signed-in");

      const scroll = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert(scroll <= 0, "nothing sticks out sideways");

      await page.getByRole("button", { name: "Log out" }).click();
      if (server === "OpenID Connect") {
        await page.getByRole("heading", { name: "Do you want to log out?" }).waitFor();
        await picture("4-logout");
        await page.getByRole("button", { name: "Log out" }).click();
        await page.getByText("You are logged out: here, and at the OpenID provider.").waitFor();
        assert.equal(page.url(), `${demo.origin}/`, "the logout's parameters are gone");
        await picture("5-logged-out");
      }
      await page.getByRole("button", { name: "Log in" }).waitFor();
      assert.equal(await page.locator("#status").textContent(), "Signed out");
      assert.deepEqual(unexpected(heard), []);
    });
  }
}

test("demo: OpenID says who is logged in without asking anybody, and renews the token", async (t) => {
  const { page, heard } = await open(t, devices.light);
  await page.getByRole("radio", { name: "OpenID Connect" }).check();
  await page.getByRole("button", { name: "Log in" }).click();
  await logInAs(page, "ada");
  await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
  const asked = [];
  const { origin: own } = new URL(page.url());
  page.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    // What the page's own host is asked for, a picture that comes late, is no question to the provider.
    if (origin !== own) asked.push(`${request.method()} ${pathname}`);
  });

  const expires = page.locator("#expires");
  const first = await expires.textContent();
  assert.match(first, /\d:\d\d:\d\d/);
  // Not earlier than a second later: only then does it say something else.
  await page.waitForFunction((from) => Date.now() > from + 1000, Date.now());
  await page.getByRole("button", { name: "Renew" }).click();
  await page.waitForFunction((first) => document.querySelector("#expires").textContent !== first, first);
  assert.deepEqual(asked, ["POST /token"], "neither keys nor UserInfo");
  assert(await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).isVisible());
  assert.deepEqual(unexpected(heard), []);
});

test("demo: after the logout at the OpenID provider it asks for the password again", async (t) => {
  const { page } = await open(t, devices.light);
  const logIn = async () => {
    await page.getByRole("radio", { name: "OpenID Connect" }).check();
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: "Allow" }).waitFor();
  };
  await logIn();
  await logInAs(page, "ada");
  await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
  await page.reload();
  await logIn();
  assert.equal(await page.getByLabel("Password").count(), 0, "it remembers who this is");
  await page.getByRole("button", { name: "Allow" }).click();

  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Do you want to log out?" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByText(/^You are logged out/).waitFor();
  await logIn();
  assert.equal(await page.getByLabel("Password").count(), 1);
});

test("demo: no token is left where a script could find it", async (t) => {
  const { page } = await open(t, devices.light);
  // On its way: the browser may have dropped it when somebody asks for it afterwards.
  await page.addInitScript(() => {
    const { fetch } = window;
    window.fetch = async (...request) => {
      const response = await fetch(...request);
      if (String(request[0]).endsWith("/token")) window.tokens = await response.clone().json();
      return response;
    };
  });
  await page.reload();
  await page.getByRole("radio", { name: "OpenID Connect" }).check();
  await page.getByRole("button", { name: "Log in" }).click();
  await logInAs(page, "ada");
  await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
  const tokens = await page.evaluate(() => window.tokens);
  const left = await page.evaluate(() =>
    JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, document.documentElement.outerHTML]),
  );
  for (const name of ["access_token", "refresh_token", "id_token"]) {
    assert(tokens[name].length > 20 && !left.includes(tokens[name]), name);
  }
});

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
  await tab("Renew");
  await tab("User info");
  await page.keyboard.press("Enter");
  await page.getByText("What the UserInfo endpoint answered").waitFor();
  await tab("Log out");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Do you want to log out?" }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Log out");
  await page.keyboard.press("Enter");
  await page.getByText(/^You are logged out/).waitFor();
});

for (const [device, server] of [
  ["light", "OpenID Connect"],
  ["phone-dark", "WorkSmart"],
]) {
  test(`demo, ${device}: a denial by ${server} is told with code, sentence and hint`, asked(devices[device]), async (t) => {
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
  });
}

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

const unexpected = (heard) =>
  heard
    // The browser itself writes down that the backend answered "no session" with 401, as the contract says.
    .filter((text) => !(text.includes("401") && text.endsWith("/auth/session")))
    // Before a picture of Firefox, Playwright tries to add this style, and the policy refuses it.
    .filter((text) => !text.includes(createHash("sha256").update("body {}").digest("base64")));

async function logInAs(page, username) {
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password").fill("wicket");
  await page.getByRole("button", { name: "Allow" }).click();
}

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
