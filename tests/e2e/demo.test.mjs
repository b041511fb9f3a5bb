// The demo itself, started by its own command, used with a mouse and with a keyboard, and checked by pictures.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { launchBrowser } from "./browser.mjs";
import { asked, devices, logInAs, open as openPage, screenshots, startDemo, unexpected } from "./demo.mjs";

const demo = await startDemo({ PORT: "0" });
const browser = await launchBrowser();
after(async () => {
  await browser.close();
  await demo.end("SIGTERM");
});
const open = (t, options) => openPage(t, { demo, browser }, options);

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
      await page.locator("#facts").getByText("ada@example.com").waitFor();

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
    // A request to the page's own host, such as one for a late picture, is not a request to the provider.
    if (origin !== own) asked.push(`${request.method()} ${pathname}`);
  });

  const expires = page.locator("#expires");
  const first = await expires.textContent();
  assert.match(first, /\d:\d\d:\d\d/);
  // At least a second later: only then does the token's time differ.
  await page.waitForFunction((from) => Date.now() > from + 1000, Date.now());
  await page.getByRole("button", { name: "Renew" }).click();
  await page.waitForFunction((first) => document.querySelector("#expires").textContent !== first, first);
  assert.deepEqual(asked, ["POST /token"], "neither keys nor UserInfo");
  assert(await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).isVisible());
  assert.deepEqual(unexpected(heard), []);
});

test("demo: WorkSmart's token is renewed for as long as somebody watches, and a restart of the backend signs nobody out", async (t) => {
  const short = await startDemo({ PORT: "0", TOKEN_LIFETIME: "2" });
  t.after(() => short.end("SIGTERM"));
  const { page } = await openPage(t, { demo: short, browser }, devices.light);
  await page.getByRole("radio", { name: "WorkSmart" }).check();
  await page.getByRole("button", { name: "Log in" }).click();
  await logInAs(page, "ada");
  await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
  const api = () => page.evaluate(async () => (await fetch("/api/v1/me")).status);

  // Three lives of a token, by the page's clock, which is also the server's.
  const isLater = (seconds) => page.waitForFunction((until) => Date.now() > until, Date.now() + seconds * 1000, { polling: 100 });
  for (let life = 0; life < 3; life++) {
    await isLater(2.1);
    assert.equal(await api(), 200, `after ${life + 1} lives`);
    assert.match(await page.locator("#status").textContent(), /^Signed in/);
  }

  process.kill(await backendOf(short.pid), "SIGKILL");
  await page.waitForFunction(async () => (await fetch("/api/v1/me")).status === 200, undefined, { polling: 100 });
  await page.reload();
  await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
  await page.screenshot({ path: `${screenshots}restarted.png` });
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
  // Recorded at once, because the browser may drop the body later.
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

/** The process of the backend that the demo `pid` has started. */
async function backendOf(pid) {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
  for (const child of children) {
    if ((await readFile(`/proc/${child}/comm`, "utf8")).startsWith("wicketgate-back")) return Number(child);
  }
  throw new Error(`No backend is among ${children}.`);
}
