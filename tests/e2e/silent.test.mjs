// A silent login: `prompt=none` in a hidden frame, at a server of the same site, and what becomes of it everywhere else.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { bundleFiles } from "../servers/bundle.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { launchBrowser, testThatNeeds } from "./browser.mjs";
import { entry } from "./entry.mjs";
import { Tab } from "./tab.mjs";

const test = testThatNeeds("popup");

const directory = fileURLToPath(new URL("page/", import.meta.url));
const built = await bundleFiles(`${directory}page.js`, { "wicketgate/all": entry }, false);
/** The app allows frames of the server, and itself in frames of its own. */
const policy = ({ servers, frames = servers, ancestors = "'self'" }) =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "img-src 'self'",
    `connect-src 'self' ${servers.join(" ")}`,
    `frame-src 'self' ${frames.join(" ")}`,
    `frame-ancestors ${ancestors}`,
  ].join("; ");
const page = await startPage({ directory, built, policy });
const port = new URL(page.origin).port;
/** The same page at the server's site, and at another one. */
const sameSite = `http://localhost:${port}`;
const otherSite = `http://127.0.0.1:${port}`;
const oidc = await startOidc({ redirectUris: [`${sameSite}/callback`, `${otherSite}/callback`] });
const odd = await startOdd();
page.servers = [oidc.origin, odd.origin];
const browser = await launchBrowser();
after(() => Promise.all([browser.close(), page.close(), oidc.close(), odd.close()]));

/** An authorization endpoint that answers with what its path says, and not with a redirect. */
async function startOdd() {
  const answers = {
    "/page": (response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Log in</title>"),
    "/refused": (response) => response.writeHead(200, { "content-type": "text/html", "x-frame-options": "DENY" }).end("<!doctype html>"),
    "/escape": (response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><script>top.location = 'about:blank#gone'</script>"),
    "/silence": () => {},
  };
  const server = createServer((request, response) => answers[request.url.split("?")[0]]?.(response) ?? response.writeHead(404).end());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}

const configAt = (origin, more) => ({
  clientId: oidc.clientId,
  issuer: oidc.issuer,
  redirectUri: `${origin}/callback`,
  scope: "openid profile",
  tokenStore: "memory",
  ...more,
});

const configOfOdd = (path, more) =>
  configAt(sameSite, {
    issuer: undefined,
    scope: undefined,
    metadata: { authorization_endpoint: odd.origin + path, token_endpoint: `${odd.origin}/token` },
    ...more,
  });

/** A new profile with a tab at `origin`, whose redirect page handles callbacks in frames. */
async function open(t, origin, config) {
  Object.assign(page, { frames: undefined, ancestors: undefined });
  oidc.requests.length = 0;
  const context = await browser.newContext();
  t.after(() => context.close());
  const tab = await Tab.open(context, origin);
  await tab.evaluate((config) => (localStorage.redirectPage = JSON.stringify({ config, isOfFrames: true })), config);
  return tab;
}

const silently = (tab, config, options) =>
  tab.run(([config, options]) => app.outcome(async () => (await app.client(config)).loginSilently(options)), [config, options ?? {}]);

const frames = (tab) => tab.evaluate(() => document.querySelectorAll("iframe").length);

test("a user who is logged in at the server is signed in without a page", async (t) => {
  const config = configAt(sameSite);
  const tab = await open(t, sameSite, config);
  await tab.logIn(config);
  await tab.visit("/start");
  const tokens = oidc.tokenRequests().length;
  const { returnTo, session } = await silently(tab, config);
  assert.deepEqual([returnTo, session.status, session.claims.name], ["/start", "signed-in", "Ada Lovelace"]);
  assert.equal(oidc.tokenRequests().length, tokens + 1);
  assert.equal((await tab.session(config)).status, "signed-in");
  assert.equal(tab.url, `${sameSite}/start`);
  assert.equal(await frames(tab), 0);
});

test("nobody is logged in at the server: login_required, and the session of the page stays as it is", async (t) => {
  const config = configAt(sameSite);
  const tab = await open(t, sameSite, config);
  await assert.rejects(silently(tab, config), (error) => {
    assert.deepEqual([error.code, error.oauth.error, error.verified], ["authorization_failed", "login_required", true]);
    return true;
  });
  assert.equal(await frames(tab), 0);
  assert.deepEqual(await tab.transactions().then(Object.values).then((all) => all.filter((entry) => entry.code_verifier)), []);
});

test("a server of another site gets no cookies in a frame: login_required", async (t) => {
  const config = configAt(otherSite);
  const tab = await open(t, otherSite, config);
  await tab.logIn(config);
  await tab.visit("/");
  await assert.rejects(silently(tab, config), ({ code, oauth }) => code === "authorization_failed" && oauth.error === "login_required");
});

for (const [path, what] of [["/page", "shows a page"], ["/refused", "forbids frames"], ["/escape", "wants to take the whole page"]]) {
  test(`a server that ${what}: unsupported_environment, long before the time is over, and the page stays`, async (t) => {
    const config = configOfOdd(path, { requestTimeout: 20 });
    const tab = await open(t, sameSite, config);
    await assert.rejects(silently(tab, config), ({ code, hint }) => code === "unsupported_environment" && /X-Frame-Options/.test(hint));
    assert.equal(tab.url, `${sameSite}/`);
    assert.equal(await frames(tab), 0);
    assert.deepEqual(await tab.transactions(), {});
  });
}

test("a server that does not answer: unsupported_environment after twice the time of a request", async (t) => {
  const config = configOfOdd("/silence", { requestTimeout: 0.5 });
  const tab = await open(t, sameSite, config);
  const begun = Date.now();
  await assert.rejects(silently(tab, config), { code: "unsupported_environment", retryable: false });
  assert(Date.now() - begun >= 1000);
  assert.equal(await frames(tab), 0);
});

test("a page whose policy allows no frames of the server: unsupported_environment at once", async (t) => {
  const config = configOfOdd("/silence", { requestTimeout: 20 });
  const tab = await open(t, sameSite, config);
  page.frames = [];
  await tab.visit("/");
  const begun = Date.now();
  await assert.rejects(silently(tab, config), { code: "unsupported_environment" });
  assert(Date.now() - begun < 2500);
});

test("a redirect page that may not be in a frame: unsupported_environment", async (t) => {
  const config = configAt(sameSite, { requestTimeout: 20 });
  const tab = await open(t, sameSite, config);
  await tab.logIn(config);
  page.ancestors = "'none'";
  await tab.visit("/");
  await assert.rejects(silently(tab, config), { code: "unsupported_environment" });
});

test("a prompt of the caller's is refused", async (t) => {
  const config = configAt(sameSite);
  const tab = await open(t, sameSite, config);
  await assert.rejects(silently(tab, config, { prompt: "login" }), { code: "invalid_option" });
  assert.equal(await frames(tab), 0);
});
