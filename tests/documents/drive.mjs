// A user of a document's app. The documents of all frameworks build the same app, so the same user can test all of them. Each
// case is a row of the table that is printed at the end: framework × case.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startApp } from "./app.mjs";

/** The cases whose outcome may depend on the base path or the router. */
export const some = ["login from a button, and out again", "login from a guard, and out again", "a deep link", "the user says no"];

/** Drives all builds of a document's app. @param more further cases, by the kind of their build. */
export async function driveAll(name, { framework = name, document, page, kinds }, more = {}) {
  for (const { kind, ...options } of kinds) await drive(framework, document, kind, { page, ...options, name, more: more[kind] });
}

/**
 * Drives one build of a document's app.
 * @param kind the special settings of this build, for the names of its tests
 * @param options those of `startApp`; `account`, the address of the guarded page below the app's; `cases`, if not all of them;
 *   `more`, further cases: by name, functions of the page, the app and the lines of the console
 */
function drive(framework, document, kind, { name: row, account = "account", cases: wanted, more = {}, ...options }) {
  return test(`${row} × ${kind}`, async (all) => {
    const app = await startApp(framework, document, options);
    all.after(() => app.close());
    const { oidc } = app;
    const cases = Object.entries({ ...casesOf(app, account), ...more }).filter(([name]) => !wanted || wanted.includes(name) || name in more);
    for (const [name, work] of cases) {
      await all.test(`${row} × ${kind}: ${name}`, async (t) => {
        oidc.requests.length = 0;
        oidc.lifetime = 3600;
        const context = await app.browser.newContext();
        t.after(() => context.close());
        const page = await context.newPage();
        page.setDefaultTimeout(30_000);
        const heard = [];
        page.on("pageerror", (error) => heard.push(`uncaught: ${error.message}`));
        page.on("console", (message) => heard.push(message.text()));
        await work(page, app, heard);
        const bad = heard.filter((line) => line.startsWith("uncaught") || /[?&](code|state)=/.test(line));
        assert.deepEqual(bad, [], "nothing is uncaught, and no line has the code");
      });
    }
  });
}

function casesOf(app, account) {
  const { oidc, home } = app;
  const at = app.root + account;
  const cases = {};
  const on = (name, work) => (cases[name] = work);

  on("login from a button, and out again", async (page) => {
    await page.goto(home);
    await page.getByRole("button", { name: "Log in" }).click();
    await logIn(page);
    await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
    // Some hash routers also write the fragment of their first page.
    assert.equal(page.url().replace(/#\/$/, ""), home);
    assert.equal(oidc.tokenRequests().length, 1, "one exchange");
    await logOut(page, app);
  });

  on("login from a guard, and out again", async (page) => {
    await page.goto(home);
    await page.getByRole("link", { name: "Account" }).click();
    await logIn(page);
    await page.getByRole("heading", { name: "Ada Lovelace's account" }).waitFor();
    assert.equal(page.url(), at);
    const logins = authorizations(oidc);
    await logOut(page, app);
    assert.equal(authorizations(oidc), logins, "the guard did not undo the logout");
  });

  on("a deep link", async (page) => {
    const link = `${at}?tab=2${account.includes("#") ? "" : "#facts"}`;
    await page.goto(link);
    await logIn(page);
    await page.getByRole("heading", { name: "Ada Lovelace's account" }).waitFor();
    assert.equal(page.url(), link);
    assert.equal(oidc.tokenRequests().length, 1, "one exchange");
  });

  on("the user says no", async (page, app, heard) => {
    await page.goto(at);
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByText("You cancelled the login.").waitFor();
    assertReason(heard);
    assert(!/callback/.test(page.url()), "nobody stays at the redirect URI");
    assert.equal(authorizations(oidc), 1, "and no guard begins another login");
    await page.getByRole("button", { name: /Try again|Log in/ }).click();
    await logIn(page);
    await page.getByRole("heading", { name: "Ada Lovelace's account" }).waitFor();
    assert.equal(page.url(), at);
  });

  on("the token is over", async (page) => {
    await page.goto(at);
    await page.getByLabel("User name").waitFor();
    oidc.lifetime = 2;
    await logIn(page, () => (oidc.lifetime = 2));
    await page.getByRole("heading", { name: "Ada Lovelace's account" }).waitFor();
    oidc.lifetime = 3600;
    // The server still knows the user: the page navigates there and comes back.
    await page.waitForResponse((response) => response.url() === `${oidc.origin}/token` && authorizations(oidc) > 1, { timeout: 30_000 });
    await page.getByRole("heading", { name: "Ada Lovelace's account" }).waitFor();
    assert.equal(page.url(), at);
  });

  on("reload, and back", async (page) => {
    await page.goto(home);
    await page.getByRole("link", { name: "Account" }).click();
    await logIn(page);
    await page.getByRole("heading", { name: "Ada Lovelace's account" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Ada Lovelace's account" }).waitFor();
    assert.equal(authorizations(oidc), 1, "a reload needs no login");
    const session = await page.context().newCDPSession(page);
    const { entries } = await session.send("Page.getNavigationHistory");
    assert.deepEqual(entries.filter(({ url }) => url.startsWith(app.origin) && /[?&]code=/.test(url)), [], "no code in the history");
    await page.goto("about:blank");
    await page.goBack();
    await page.getByRole("heading", { name: "Ada Lovelace's account" }).waitFor();
    assert.equal(oidc.tokenRequests().length, 1, "one exchange");
  });

  return cases;
}

export async function logIn(page) {
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill("wicket");
  await page.getByRole("button", { name: "Allow" }).click();
}

/** The server asks whether it is meant so, and sends the user back to the app. */
export async function logOut(page, { oidc, home }) {
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL(({ origin }) => origin === oidc.origin);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).waitFor();
  await page.waitForURL((url) => url.href.replace(/#\/$/, "") === home);
}

/** What the user is not told is in the console: what happened, and what to change. */
export const assertReason = (heard) => assert(heard.some((line) => line.includes("[authorization_failed]")), `the console has no reason:\n${heard.join("\n")}`);

/** A further case of the guides that call an API. */
export const calls = {
  async "a call of the API"(page, { root, api }) {
    api.requests.length = 0;
    await page.goto(`${root}account`);
    await logIn(page);
    await page.getByRole("button", { name: "Show orders" }).click();
    await page.getByText("Analytical engine").waitFor();
    assert.equal(api.requests.length, 1);
  },
};

export const authorizations = (oidc) => oidc.requests.filter(({ method, path }) => method === "GET" && path === "/auth").length;
