// The page is to be left for the server, and stays: the call settles. Where the page leaves, it never does.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { startStage, until } from "./stage.mjs";

const stage = await startStage();
const server = await startServer();
after(() => Promise.all([stage.close(), server.close()]));

/** An authorization endpoint that answers as its path says. */
async function startServer() {
  const answers = {
    "/page": (response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Log in</title>"),
    "/nothing": (response) => response.writeHead(204).end(),
    "/file": (response) => response.writeHead(200, { "content-disposition": "attachment; filename=a.txt" }).end("a"),
    // Answered when the test wants it.
    "/later": (response) => waiting.push(() => answers["/page"](response)),
  };
  const waiting = [];
  const server = createServer((request, response) => {
    const answer = answers[request.url.split("?")[0]];
    if (answer) answer(response);
    else response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    waiting,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}

/** A client of that server, which may take twice `requestTimeout` to answer. */
const configFor = (path, requestTimeout) => ({
  clientId: "app",
  redirectUri: stage.redirectUri,
  metadata: { authorization_endpoint: server.origin + path, token_endpoint: `${server.origin}/token` },
  tokenStore: "memory",
  requestTimeout,
});

/**
 * Begins a login whose end the tab's store remembers. `meanwhile` happens in the page a second later: while a navigation is
 * under way, Chromium answers no debugger. `elsewhere` is for `"assign"`.
 */
async function begin(tab, path, { requestTimeout = 10, meanwhile, elsewhere } = {}) {
  server.waiting.length = 0;
  await tab.evaluate(
    ([config, meanwhile, elsewhere]) => {
      const works = {
        replace: () => history.replaceState(null, "", "/waiting"),
        stop: () => window.stop(),
        assign: () => location.assign(elsewhere),
      };
      if (meanwhile) setTimeout(works[meanwhile], 1000);
      app.begin(config).then(({ error }) => (sessionStorage.settled = window.settled = error.code));
    },
    [configFor(path, requestTimeout), meanwhile, elsewhere],
  );
}

const isAtServer = ({ origin }) => origin === server.origin;

/** The call settles, and the page is there to be used. */
async function stays(tab) {
  await tab.page.waitForFunction(() => window.settled);
  assert.equal(await tab.evaluate(() => window.settled), "navigation_cancelled");
  assert.equal(new URL(tab.url).origin, stage.page.origin);
}

/** The page goes to the server, and the call does not settle before. */
async function leaves(tab) {
  await tab.page.waitForURL(isAtServer);
  await tab.visit("/");
  assert.equal(await tab.evaluate(() => sessionStorage.settled), undefined);
}

/** A page that asks whether to leave, as browsers let it once somebody has used it. `answer` decides. */
async function askingWhetherToLeave(tab, answer) {
  await tab.page.mouse.click(5, 5);
  await tab.evaluate(() => addEventListener("beforeunload", (event) => event.preventDefault()));
  tab.page.on("dialog", answer);
}

test("the user chooses to stay: navigation_cancelled, and another login leaves", async (t) => {
  const tab = await stage.open(t);
  let dialogs = 0;
  await askingWhetherToLeave(tab, (dialog) => (dialogs++ ? dialog.accept() : dialog.dismiss()));
  await begin(tab, "/page");
  await stays(tab);
  await tab.evaluate(() => sessionStorage.removeItem("settled"));
  await begin(tab, "/page");
  await leaves(tab);
  assert(dialogs >= 2);
});

test("the user takes long to choose, and leaves", async (t) => {
  const tab = await stage.open(t);
  await askingWhetherToLeave(tab, async (dialog) => {
    const opened = Date.now();
    await until(() => Date.now() > opened + 4500, "the time of the call is over");
    await dialog.accept();
  });
  await begin(tab, "/page", { requestTimeout: 2 });
  await leaves(tab);
});

for (const [path, what] of [["/nothing", "answers 204"], ["/file", "sends a download"], ["/later", "does not answer"]]) {
  test(`the server ${what}: navigation_cancelled after twice the time of a request`, async (t) => {
    const tab = await stage.open(t);
    await begin(tab, path, { requestTimeout: 0.5 });
    await stays(tab);
    for (const answer of server.waiting) answer();
    await tab.evaluate(() => fetch("/icon.svg"));
    assert.equal(new URL(tab.url).origin, stage.page.origin, "a late answer takes nobody away");
  });
}

test("a server that takes its time: the page is left, and the call does not settle", async (t) => {
  const tab = await stage.open(t);
  // The app changes its own address meanwhile, as routers do.
  await begin(tab, "/later", { meanwhile: "replace" });
  await until(() => server.waiting.length, "the request is there");
  const asked = Date.now();
  await until(() => Date.now() > asked + 2000, "the change, and several looks of the client");
  for (const answer of server.waiting) answer();
  await leaves(tab);
});

test("the user stops the page: navigation_cancelled", async (t) => {
  const tab = await stage.open(t);
  await begin(tab, "/later", { meanwhile: "stop" });
  await stays(tab);
});

test("a second navigation in place of the first: the call settles if that one stays too", async (t) => {
  const tab = await stage.open(t);
  await begin(tab, "/later", { requestTimeout: 2, meanwhile: "assign", elsewhere: `${server.origin}/nothing` });
  await stays(tab);
});

test("a logout that stays in the page has ended the session", async (t) => {
  const tab = await stage.open(t);
  const config = configFor("/page", 0.5);
  config.metadata.end_session_endpoint = `${server.origin}/nothing`;
  assert.equal(await tab.run((config) => app.logOut(config), config), undefined);
  assert.equal((await tab.session(config)).status, "signed-out");
});
