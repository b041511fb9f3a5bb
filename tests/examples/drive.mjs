// A user of an example. The four examples look alike, so the same user can test all of them.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startExample } from "./stage.mjs";

const pictures = fileURLToPath(new URL("../../target/screenshots/examples/", import.meta.url));
await mkdir(pictures, { recursive: true });

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const devices = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 860 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 860 } },
  phone: { colorScheme: "light", ...phone },
  "phone-dark": { colorScheme: "dark", ...phone },
};
const deepLink = "/account?tab=2#facts";

/** The tests of an example against the OpenID provider. */
export async function drive(name, options) {
  const example = await startExample(name, options);
  const { page: host, server: oidc } = example;
  after(() => example.close());
  const open = (t, path, device) => openTab(t, example, path, device);

  for (const [device, settings] of Object.entries(devices)) {
    test(`${name}, ${device}: from the public page to the guarded one, and out again`, async (t) => {
      const { page, picture, seen, heard } = await open(t, "/", settings);
      await page.getByRole("heading", { name: "A page for everyone." }).waitFor();
      await page.locator("header.signed-out").waitFor();
      await picture(`${name}-${device}-1-home`);
      await page.getByRole("link", { name: "Open account" }).click();
      await logIn(page);
      await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
      assert.equal(page.url(), `${host.origin}/account`);
      await page.getByText("ada@example.com").waitFor();
      assert.equal(oidc.tokenRequests().length, 1, "one exchange");
      await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
      await picture(`${name}-${device}-2-account`);
      const scroll = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert(scroll <= 0, "nothing sticks out sideways");

      const logins = authorizations(oidc);
      await page.getByRole("button", { name: "Log out" }).click();
      await page.getByRole("heading", { name: "Do you want to log out?" }).waitFor();
      await page.getByRole("button", { name: "Log out" }).click();
      await page.locator("header.signed-out").waitFor();
      assert.equal(page.url(), `${host.origin}/`, "the logout's parameters are gone");
      assert.equal(authorizations(oidc), logins, "the guard did not begin a login while the page was left");
      assert.deepEqual(seen.filter(({ hasSession }) => !hasSession), [], "the guarded page did not flash");
      assert.deepEqual(heard, []);
    });
  }

  test(`${name}: a deep link to a guarded page comes back to it, query and fragment included`, async (t) => {
    const { page, seen, heard } = await open(t, deepLink);
    await page.getByLabel("User name").waitFor();
    assert.deepEqual(seen, [], "nothing of the page was shown");
    await logIn(page);
    await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
    assert.equal(page.url(), host.origin + deepLink);
    assert.equal(oidc.tokenRequests().length, 1, "one exchange");
    assert.deepEqual(seen.filter(({ path }) => path === "/callback"), [], "it was not shown at the redirect page");
    const session = await page.context().newCDPSession(page);
    const { entries } = await session.send("Page.getNavigationHistory");
    assert.deepEqual(entries.filter(({ url }) => /[?&]code=/.test(url) && url.startsWith(host.origin)), [], "no code in the history");
    assert.deepEqual(heard, []);

    await page.reload();
    await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
    assert.equal(page.url(), host.origin + deepLink);
    assert.equal(authorizations(oidc), 1, "a reload needs no login");
  });

  test(`${name}: the token is renewed, and the page shows it`, async (t) => {
    const { page } = await open(t, "/account");
    await logIn(page);
    const expires = page.locator("#expires");
    const before = await expires.textContent();
    oidc.lifetime = 1800;
    t.after(() => (oidc.lifetime = 3600));
    await page.getByRole("button", { name: "Renew" }).click();
    await page.waitForFunction((before) => document.querySelector("#expires").textContent !== before, before);
    const [, refresh, ...more] = oidc.tokenRequests();
    assert.equal(new URLSearchParams(refresh.body).get("grant_type"), "refresh_token");
    assert.deepEqual(more, []);
    assert(await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).isVisible());
  });

  test(`${name}: a second tab is signed in too, and out when the first one is`, async (t) => {
    const { page: first, another } = await open(t, "/account");
    await logIn(first);
    await first.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
    const { page: second } = await another("/account");
    await second.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
    assert.equal(authorizations(oidc), 1);

    const { page: third } = await another("/");
    await third.getByText("Signed in", { exact: true }).waitFor();
    await first.getByRole("button", { name: "Log out" }).click();
    await third.getByRole("button", { name: "Log in" }).waitFor();
    // The guard of the page that only signed-in users may see.
    await second.waitForURL(({ origin }) => origin === oidc.origin);
  });

  test(`${name}: a refusal is shown, begins no other login, and the next one may be allowed`, async (t) => {
    const { page, picture } = await open(t, "/account");
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByText("authorization_failed").waitFor();
    assert.equal(authorizations(oidc), 1);
    await picture(`${name}-3-refused`);
    await page.getByRole("button", { name: "Try again" }).click();
    await logIn(page);
    await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
    assert.equal(page.url(), `${host.origin}/account`);
  });

  test(`${name}: a guard begins three logins in a minute, and no fourth`, async (t) => {
    const { page } = await open(t, "/account");
    for (let login = 1; login <= 3; login++) {
      await page.getByLabel("User name").waitFor();
      assert.equal(authorizations(oidc), login);
      await page.goto(`${host.origin}/account`, { waitUntil: "commit" });
    }
    await page.getByText("redirect_loop").waitFor();
    assert.equal(authorizations(oidc), 3);
    await page.getByRole("button", { name: "Try again" }).click();
    await logIn(page);
    await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
  });

  if (options?.countdown) {
    test(`${name}: the page counts down to the end of an idle session, and a click keeps it`, async (t) => {
      const { page } = await open(t, "/account");
      await logIn(page);
      await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
      /** The next page finds that the user did nothing for so many seconds. */
      const idleFor = async (seconds) => {
        await page.evaluate((at) => {
          const key = Object.keys(localStorage).find((key) => key.startsWith("wicketgate.active."));
          localStorage[key] = String(at);
        }, Date.now() - seconds * 1000);
        await page.reload();
      };
      await idleFor(15 * 60 - 50);
      await page.getByText(/You are signed out in (4\d|50) seconds\./).waitFor();
      await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).click();
      await page.locator("#countdown").waitFor({ state: "detached" });
      await idleFor(15 * 60 - 2);
      await page.locator("#countdown").waitFor();
      // The guard of the page that only signed-in users may see.
      await page.waitForURL(({ origin }) => origin === oidc.origin);
    });
  }

  test(`${name}: a server that cannot be reached is said so, and asked again`, async (t) => {
    const { page } = await open(t, "about:blank");
    await page.route("**/.well-known/**", (route) => route.abort());
    await page.goto(`${host.origin}/account`);
    await page.getByText("network_failed").waitFor();
    await page.unroute("**/.well-known/**");
    await page.getByRole("button", { name: "Try again" }).click();
    await logIn(page);
    await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
  });
}

/** The tests of an example with a backend that redeems the code. */
export async function driveWithBackend(name, options) {
  const example = await startExample(name, { ...options, worksmart: true });
  const { page: host, server: worksmart } = example;
  after(() => example.close());

  test(`${name}, WorkSmart: a deep link, a call of the API, a second tab, and out`, async (t) => {
    const { page, another, seen, picture } = await openTab(t, example, deepLink);
    await page.getByLabel("User name").waitFor();
    assert.deepEqual(seen, []);
    await logIn(page);
    await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
    assert.equal(page.url(), host.origin + deepLink);
    assert.equal(worksmart.tokenRequests().length, 1);
    await picture(`${name}-worksmart-account`);
    const { page: second } = await another("/account");
    await second.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();

    const logins = () => worksmart.requests.filter(({ path }) => path.endsWith("/authorize")).length;
    await page.getByRole("button", { name: "Log out" }).click();
    // A logout that stays in the page leaves the guarded part of it, and the guard there does not undo it.
    await page.locator("header.signed-out").waitFor();
    assert.equal(page.url(), `${host.origin}/`);
    await second.getByLabel("User name").waitFor();
    assert.equal(logins(), 2, "the first login, and the one of the second tab's guard");
  });
}

async function openTab(t, { browser, page: host, server }, path, settings = {}) {
  server.requests.length = 0;
  const context = await browser.newContext(settings);
  t.after(() => context.close());
  const seen = [];
  // The page calls this whenever its guarded part is shown, even if only for a moment.
  await context.exposeBinding("seeAccount", (source, path) => seen.push({ path, hasSession: server.tokenRequests().length > 0 }));
  await context.addInitScript(() => {
    const look = () => document.querySelector("#account") && seeAccount(location.pathname);
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  });
  const another = async (path) => {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const heard = [];
    page.on("pageerror", (error) => heard.push(error.message));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && heard.push(message.text()));
    await page.goto(path === "about:blank" ? path : host.origin + path, { waitUntil: "commit" });
    const picture = (name) => page.screenshot({ path: `${pictures}${name}.png`, fullPage: true });
    return { page, heard, picture };
  };
  return { ...(await another(path)), another, seen };
}

async function logIn(page) {
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill("wicket");
  await page.getByRole("button", { name: "Allow" }).click();
}

const authorizations = (oidc) => oidc.requests.filter(({ method, path }) => method === "GET" && path === "/auth").length;
