// The browser restores the page from its back/forward cache.
import assert from "node:assert/strict";
import { after } from "node:test";
import { startStage } from "./stage.mjs";

const stage = await startStage({ browser: { keepsPages: true } });
after(() => stage.close());

const [, worksmart] = stage.ways;

for (const { name, config, test } of stage.ways) {
  test(`${name}: back from the login page before logging in: navigation_cancelled, and another try works`, async (t) => {
    const tab = await stage.open(t);
    // The browser does not keep a page that has not finished loading.
    await tab.page.waitForFunction(() => document.readyState === "complete");
    await tab.evaluate(() => (window.alive = true));
    // A little later, when no code of the driver runs in the page any more. The test reads the result after the page has come
    // back.
    await tab.evaluate((config) => {
      window.begun = new Promise((resolve) => setTimeout(() => resolve(app.begin(config)), 100));
      return undefined;
    }, config());
    await tab.page.waitForURL(({ origin }) => origin !== stage.page.origin);
    await tab.page.waitForFunction(() => document.readyState === "complete");
    await tab.back();
    await tab.page.waitForFunction(() => window.alive, undefined, { polling: 50 });

    await assert.rejects(
      tab.run(() => window.begun),
      { name: "WicketgateError", code: "navigation_cancelled" },
    );
    assert.equal((await tab.logIn(config())).session.status, "signed-in");
  });
}

worksmart.test("WorkSmart through the backend: a logout on a later page is not undone by the back button", async (t) => {
  const { config } = worksmart;
  const tab = await stage.open(t);
  assert.equal((await tab.logIn(config())).session.status, "signed-in");
  await tab.visit("/later");
  assert.equal((await tab.session(config())).status, "signed-in");
  await tab.run((config) => app.logOut(config), config());
  await tab.back();
  const isSignedOut = (config) => app.client(config).then((client) => client.session().status === "signed-out");
  await tab.page.waitForFunction(isSignedOut, config(), { polling: 50 });
});
