// Apps that are not web pages: a stand-in for a platform that opens the server's page elsewhere and delivers the callback, with a
// scheme of the app's own; and an unpacked browser extension.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { bundleFiles } from "../servers/bundle.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { launchBrowser, launchProfile, needs, testThatNeeds } from "./browser.mjs";
import { entry } from "./entry.mjs";
import { until } from "./stage.mjs";
import { Tab } from "./tab.mjs";

const test = testThatNeeds("environment", "early scripts");

const OWN = "com.example.app:/callback";
const directory = fileURLToPath(new URL("page/", import.meta.url));
const built = await bundleFiles(`${directory}page.js`, { "wicketgate/all": entry }, false);
const page = await startPage({ directory, built });
// An extension's identifier is made of its key.
const extensionKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "der" });
const extensionId = createHash("sha256").update(extensionKey).digest("hex").slice(0, 32).replace(/./g, (digit) => "abcdefghijklmnop"[parseInt(digit, 16)]);
const oidc = await startOidc({
  // The server allows requests from the origins of these.
  redirectUris: [`${page.origin}/callback`, `https://${extensionId}.chromiumapp.org/`],
  origins: [`chrome-extension://${extensionId}`],
  clients: { native: { application_type: "native", redirect_uris: [OWN] } },
});
page.servers = [oidc.origin];
const browser = await launchBrowser();
after(() => Promise.all([browser.close(), page.close(), oidc.close()]));

const config = { clientId: "native", issuer: oidc.issuer, redirectUri: OWN, scope: "openid profile", tokenStore: "memory" };

/** A tab with an app, and the window in which its platform opens URLs. `returns`: the platform returns the callback from `open`. */
async function open(t, { returns, fails } = {}) {
  oidc.requests.length = 0;
  oidc.answers.length = 0;
  const context = await browser.newContext();
  t.after(() => context.close());
  const window = await context.newPage();
  const tab = await Tab.open(context, page.origin, "/start");
  await tab.page.exposeFunction("openElsewhere", async (url) => {
    if (fails) throw new Error("the user closed it");
    await window.goto(url);
    return returns ? logIn(window) : undefined;
  });
  await tab.evaluate((config) => {
    window.made = app.createClient({ ...config, environment: { open: (url) => openElsewhere(url) } });
  }, config);
  return { tab, window };
}

/** Logs in at the server. Returns the URL to which the server sends the browser, which has no app of that scheme. */
async function logIn(window) {
  await window.getByLabel("User name").fill("ada");
  await window.getByLabel("Password").fill("wicket");
  await window.getByRole("button", { name: "Allow" }).click();
  const callback = () => oidc.answers.map(({ headers }) => headers?.location).find((location) => location?.startsWith("com.example.app:"));
  await until(callback, "the server's redirect to the app");
  return callback();
}

const begin = (tab) => tab.run(() => app.outcome(async () => (await made).beginLogin()));
const session = (tab) => tab.evaluate(async () => (await made).session());

test("a platform that returns the callback: the call resolves when the user is signed in, and the page stays", async (t) => {
  const { tab } = await open(t, { returns: true });
  await begin(tab);
  const { status, claims } = await session(tab);
  assert.deepEqual([status, claims.name], ["signed-in", "Ada Lovelace"]);
  assert.equal(tab.url, `${page.origin}/start`);
  assert.equal(new URLSearchParams(oidc.tokenRequests()[0].body).get("redirect_uri"), OWN);
});

test("a platform that delivers the callback later, as a deep link", async (t) => {
  const { tab, window } = await open(t);
  await begin(tab);
  assert.equal((await session(tab)).status, "signed-out");
  const url = await logIn(window);
  assert.deepEqual(
    await tab.evaluate(async (url) => {
      const client = await made;
      return ["https://app.example/", "com.example.app:/other", url].map((url) => client.isCallback(url));
    }, url),
    [false, false, true],
  );
  const { returnTo } = await tab.run((url) => app.outcome(async () => (await made).handleCallback(url)), url);
  assert.equal(returnTo, "/start");
  assert.equal((await session(tab)).status, "signed-in");
  assert.equal(oidc.tokenRequests().length, 1);
});

test("a forged deep link is refused, and the login goes on", async (t) => {
  const { tab, window } = await open(t);
  await begin(tab);
  const handle = (url) => tab.run((url) => app.outcome(async () => (await made).handleCallback(url)), url);
  await assert.rejects(handle(`${OWN}?code=c&state=${"A".repeat(43)}`), { code: "transaction_not_found" });
  await assert.rejects(handle("com.example.other:/callback?code=c"), { code: "callback_malformed" });
  await handle(await logIn(window));
  assert.equal((await session(tab)).status, "signed-in");
});

test("the user closes the platform's window: navigation_cancelled, with the platform's own words", async (t) => {
  const { tab } = await open(t, { fails: true });
  const outcome = await tab.evaluate(async () => {
    try {
      await (await made).beginLogin();
    } catch ({ code, cause }) {
      return { code, cause: String(cause) };
    }
  });
  assert.equal(outcome.code, "navigation_cancelled");
  assert.match(outcome.cause, /the user closed it/);
});

test("a logout stays in the page", async (t) => {
  const { tab } = await open(t, { returns: true });
  await begin(tab);
  await tab.run(() => app.outcome(async () => (await made).logout()));
  assert.equal((await session(tab)).status, "signed-out");
  assert.equal(tab.url, `${page.origin}/start`);
});

test("an unpacked extension logs in by chrome.identity", needs("extensions"), async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "wicketgate-extension-"));
  const profile = await mkdtemp(join(tmpdir(), "wicketgate-profile-"));
  const manifest = {
    manifest_version: 3,
    name: "wicketgate test",
    version: "1",
    key: extensionKey.toString("base64"),
    permissions: ["identity"],
    host_permissions: [`${oidc.origin}/*`],
    content_security_policy: { extension_pages: "script-src 'self' 'wasm-unsafe-eval'" },
  };
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
  await writeFile(join(folder, "app.html"), '<!doctype html><title>App</title><script type="module" src="page.js"></script>');
  await writeFile(join(folder, "page.js"), built["/page.js"]);
  const context = await launchProfile(profile, { extension: folder });
  t.after(async () => {
    await context.close();
    await Promise.all([folder, profile].map((path) => rm(path, { recursive: true, force: true })));
  });

  const tab = new Tab(await context.newPage(), `chrome-extension://${extensionId}`);
  await tab.visit("/app.html");
  const opened = context.waitForEvent("page");
  const signedIn = tab.run(
    (config) =>
      app.outcome(async () => {
        const open = (url) => chrome.identity.launchWebAuthFlow({ url, interactive: true });
        const client = await app.createClient({ ...config, redirectUri: chrome.identity.getRedirectURL(), environment: { open } });
        await client.beginLogin();
        return client.session();
      }),
    { ...config, clientId: oidc.clientId, redirectUri: undefined },
  );
  signedIn.catch(() => {});
  const window = await opened;
  await window.getByLabel("User name").fill("ada");
  await window.getByLabel("Password").fill("wicket");
  await window.getByRole("button", { name: "Allow" }).click();
  const { status, claims } = await signedIn;
  assert.deepEqual([status, claims.name], ["signed-in", "Ada Lovelace"]);
});
