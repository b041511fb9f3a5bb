// The apps in Rust, each used as a user would: login, deep link, reload, second tab, logout; and checked by pictures. APPS
// names the apps that were built: "leptos yew".
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../e2e/browser.mjs";
import { until } from "../e2e/stage.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const screenshots = `${root}target/screenshots/`;
await mkdir(screenshots, { recursive: true });
const browser = await launchBrowser();
after(() => browser.close());

for (const app of (process.env.APPS ?? "leptos").split(" ")) {
  const page = await startPage({ directory: `${root}target/examples/${app}` });
  const oidc = await startOidc({ redirectUris: [`${page.origin}/callback`], postLogoutRedirectUris: [`${page.origin}/`] });
  page.servers = [oidc.origin];
  page.config = {
    clientId: oidc.clientId,
    issuer: oidc.issuer,
    redirectUri: `${page.origin}/callback`,
    postLogoutRedirectUri: `${page.origin}/`,
    tokenStore: "local",
  };
  after(() => Promise.all([oidc.close(), page.close()]));

  /** A new browser profile with one tab on `path`. An error or warning of the page fails the test. */
  const open = async (t, path, options) => {
    oidc.fault = undefined;
    oidc.requests.length = 0;
    const context = await browser.newContext(options);
    t.after(() => context.close());
    context.setDefaultTimeout(15_000);
    const complaints = [];
    context.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    context.on("weberror", (error) => complaints.push(String(error.error())));
    t.after(() => assert.deepEqual([...new Set(complaints)], t.complaints ?? []));
    return openTab(context, path);
  };

  const openTab = async (context, path) => {
    const tab = await context.newPage();
    await tab.goto(page.origin + path);
    return tab;
  };

  const heading = (tab, name) => tab.getByRole("heading", { level: 1, name }).waitFor();
  const button = (tab, name) => tab.getByRole("banner").getByRole("button", { name });
  const path = (tab) => tab.url().replace(page.origin, "");
  /** The user's actions at the server. */
  const allow = async (tab) => {
    await tab.getByLabel("User name").fill("ada");
    await tab.getByLabel("Password").fill("wicket");
    await tab.getByRole("button", { name: "Allow" }).click();
  };

  test(`${app}: a page for everybody logs in, and is where the login comes back to`, async (t) => {
    const tab = await open(t, "/");
    await heading(tab, "Gates, made to measure.");
    assert.equal(oidc.tokenRequests().length, 0);
    await button(tab, "Log in").click();
    await allow(tab);
    await button(tab, "Log out").waitFor();
    await heading(tab, "Gates, made to measure.");
    assert.equal(path(tab), "/");
    await tab.getByText("Ada Lovelace").waitFor();
    assert.equal(oidc.tokenRequests().length, 1);
  });

  test(`${app}: a deep link to a guarded page logs in and comes back to it, and a reload stays there`, async (t) => {
    // The router of dioxus removes from an address what no route asks for.
    const link = app === "dioxus" ? "/orders/7" : "/orders/7?from=mail#terms";
    const tab = await open(t, link);
    await allow(tab);
    await heading(tab, "Order 7");
    assert.equal(path(tab), link);
    await tab.reload();
    await heading(tab, "Order 7");
    assert.equal(path(tab), link);
    await tab.getByText("for Ada Lovelace").waitFor();
    await tab.getByRole("link", { name: "Account" }).click();
    await heading(tab, "Hello, Ada Lovelace.");
    await tab.goBack();
    await heading(tab, "Order 7");
    assert.equal(oidc.tokenRequests().length, 1);
  });

  test(`${app}: a second tab is signed in; a logout reaches both, and sends neither to log in again`, async (t) => {
    const tab = await open(t, "/account");
    await allow(tab);
    await heading(tab, "Hello, Ada Lovelace.");
    const second = await openTab(tab.context(), "/orders/1815");
    await heading(second, "Order 1815");
    assert.equal(oidc.tokenRequests().length, 1);

    await button(tab, "Log out").click();
    await button(second, "Log in").waitFor();
    assert.equal(path(second), "/orders/1815");
    await second.getByRole("main").getByRole("button", { name: "Log in" }).waitFor();
    await tab.getByRole("button", { name: "Log out" }).click(); // the server's own question
    await heading(tab, "Gates, made to measure.");
    await button(tab, "Log in").waitFor();
    assert.equal(path(tab), "/");
    assert.equal(oidc.requestsTo("/auth").length, 1);

    await second.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await allow(second);
    await heading(second, "Order 1815");
    await button(tab, "Log out").waitFor();
  });

  test(`${app}: who says no at the server is told so where the login was to lead, and can try again`, async (t) => {
    const tab = await open(t, "/account");
    await tab.getByRole("button", { name: "Deny" }).click();
    await tab.getByRole("alert").getByText("authorization_failed", { exact: true }).waitFor();
    assert.equal(path(tab), "/account");
    await tab.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await allow(tab);
    await heading(tab, "Hello, Ada Lovelace.");
    assert.equal(await tab.getByRole("alert").count(), 0);
  });

  test(`${app}: who turns back at the server is not sent there again`, async (t) => {
    const tab = await open(t, "/");
    await tab.getByRole("link", { name: "Account" }).click();
    await tab.getByLabel("User name").waitFor();
    await tab.goBack();
    await tab.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await allow(tab);
    await heading(tab, "Hello, Ada Lovelace.");
    assert.equal(oidc.requestsTo("/auth").length, 2);
  });

  test(`${app}: a server that cannot be reached leaves the public page, and is asked again`, async (t) => {
    t.complaints = ["Failed to load resource: net::ERR_FAILED"];
    const isDiscovery = (url) => url.href.startsWith(`${oidc.origin}/.well-known/`);
    const tab = await open(t, "/");
    await button(tab, "Log in").waitFor();
    await tab.evaluate(() => sessionStorage.clear());
    await tab.context().route(isDiscovery, (route) => route.abort());
    await tab.reload();
    // Nothing is asked of the server until a call needs it.
    await button(tab, "Log in").click();
    await tab.getByRole("alert").getByText("network_failed", { exact: true }).waitFor();
    await heading(tab, "Gates, made to measure.");
    await tab.context().unroute(isDiscovery);
    await button(tab, "Log in").click();
    await allow(tab);
    await button(tab, "Log out").waitFor();
  });

  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
  const desk = { viewport: { width: 1280, height: 860 } };
  const devices = { light: desk, dark: { ...desk, colorScheme: "dark" }, phone, "phone-dark": { ...phone, colorScheme: "dark" } };
  for (const [device, options] of Object.entries(devices)) {
    test(`${app}, ${device}: nothing is wider than the screen`, async (t) => {
      const tab = await open(t, "/", options);
      const look = async (name) => {
        await tab.screenshot({ path: `${screenshots}rust-${app}-${device}-${name}.png`, animations: "disabled" });
        assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), name);
      };
      await button(tab, "Log in").and(tab.locator(":enabled")).waitFor();
      await look("1-home");
      await tab.getByRole("link", { name: "Account" }).click();
      await allow(tab);
      await heading(tab, "Hello, Ada Lovelace.");
      await look("2-account");
    });
  }
}
