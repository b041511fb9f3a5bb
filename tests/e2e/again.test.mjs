// Users reload, go back, open a page twice, and use two tabs. The client sends a code once, whatever they do.
import assert from "node:assert/strict";
import { after } from "node:test";
import { startStage, until } from "./stage.mjs";
import { parameter } from "./tab.mjs";

const stage = await startStage();
after(() => stage.close());

const [openid, worksmart] = stage.ways;

for (const { name, server, config, test } of stage.ways) {
  test(`${name}: §2.8 handleCallback twice at once: the same promise, one token request`, async (t) => {
    const tab = await stage.open(t);
    await tab.comeBack(config());
    const [same, first, second] = await tab.evaluate(async (config) => {
      const client = await app.client(config);
      const promises = [client.handleCallback(), client.handleCallback()];
      return [promises[0] === promises[1], ...(await Promise.all(promises))];
    }, config());
    assert(same, "the same promise");
    assert.equal(first.session.status, "signed-in");
    assert.deepEqual(first, second);
    assert.equal(server.tokenRequests().length, 1);
  });

  test(`${name}: §2.8 once more after it is done: the same promise still`, async (t) => {
    const tab = await stage.open(t);
    const url = await tab.comeBack(config());
    const [same, status] = await tab.evaluate(
      async ([config, url]) => {
        const client = await app.client(config);
        const first = client.handleCallback();
        await first;
        const again = client.handleCallback(url);
        return [first === again, (await again).session.status];
      },
      [config(), url],
    );
    assert(same);
    assert.equal(status, "signed-in");
    assert.equal(server.tokenRequests().length, 1);
  });

  test(`${name}: §2.8 the one-call handleCallback twice at once, as a double mount does: one token request`, async (t) => {
    const tab = await stage.open(t);
    await tab.comeBack(config());
    const results = await tab.evaluate((config) => {
      const mount = () => app.handleCallback(app.configOf(config));
      return Promise.all([mount(), mount()]);
    }, config());
    for (const { session } of results) assert.equal(session.status, "signed-in");
    assert.equal(server.tokenRequests().length, 1);
  });

  test(`${name}: §2.8 a failure is shared as well`, async (t) => {
    const tab = await stage.open(t);
    await tab.comeBack(config());
    server.fault = "500";
    const codes = await tab.evaluate(async (config) => {
      const client = await app.client(config);
      const outcomes = await Promise.allSettled([client.handleCallback(), client.handleCallback()]);
      return outcomes.map(({ reason }) => reason?.code);
    }, config());
    assert(codes[0] && codes[0] === codes[1], String(codes));
    assert.equal(server.tokenRequests().length, 1);
  });

  test(`${name}: the callback page reloaded before it did anything: the login goes on`, async (t) => {
    const tab = await stage.open(t);
    await tab.comeBack(config());
    await tab.page.reload();
    await tab.ready();
    assert.equal((await tab.handle(config())).session.status, "signed-in");
    assert.equal(server.tokenRequests().length, 1);
  });

  test(`${name}: §2.8 the callback page reloaded while the code is on its way: it is not sent again`, async (t) => {
    const tab = await stage.open(t);
    await tab.comeBack(config());
    server.fault = "slow";
    // The reload ends the call that runs in the page.
    tab.evaluate((config) => void app.handle(config), config()).catch(() => {});
    await until(() => server.tokenRequests().length === 1, "the code goes out");
    server.fault = undefined;
    await tab.page.reload();
    await tab.ready();
    assert.equal(await tab.isCallback(config()), false);
    assert.equal(server.tokenRequests().length, 1);
  });

  test(`${name}: §2.8 the callback page reloaded after the login: a page like any other`, async (t) => {
    const tab = await stage.open(t);
    await tab.logIn(config());
    await tab.page.reload();
    await tab.ready();
    assert.equal(tab.url, stage.redirectUri);
    assert.equal(await tab.isCallback(config()), false);
    assert.equal(server.tokenRequests().length, 1);
  });

  test(`${name}: §2.8 back and forward after the login: nothing is redeemed again`, async (t) => {
    const tab = await stage.open(t);
    await tab.logIn(config());
    // The server's own page lies between the two.
    const passed = [tab.url];
    for (; tab.url !== `${stage.page.origin}/`; passed.push(tab.url)) await tab.page.goBack();
    const ours = passed.filter((url) => url.startsWith(stage.page.origin));
    assert.deepEqual(ours, [stage.redirectUri, `${stage.page.origin}/`], "§2.3 no address with a code is in between");
    while (tab.url !== stage.redirectUri) await tab.page.goForward();
    await tab.ready();
    assert.equal(await tab.isCallback(config()), false);
    assert.equal(server.tokenRequests().length, 1);
  });

  test(`${name}: §2.4 the callback's URL opened in another tab: transaction_not_found`, async (t) => {
    const tab = await stage.open(t);
    const url = await tab.comeBack(config());
    const other = await tab.another(url);
    await assert.rejects(other.handle(config()), { code: "transaction_not_found" });
    assert.equal(server.tokenRequests().length, 0);
    assert.equal((await tab.handle(config())).session.status, "signed-in", "the tab that began it can finish");
  });

  test(`${name}: two tabs begin, and finish in the other order: each gets its own login`, async (t) => {
    const one = await stage.open(t);
    const two = await one.another();
    await one.begin(config(), { appState: "one" });
    await two.begin(config(), { appState: "two" });

    await two.answer();
    assert.equal((await two.handle(config())).appState, "two");
    await one.answer();
    assert.equal((await one.handle(config())).appState, "one");
    assert.equal(server.tokenRequests().length, 2);
  });

  test(`${name}: two logins begun in one tab: the older one can be finished, and the newer one too`, async (t) => {
    const tab = await stage.open(t);
    const [older, newer] = await tab.evaluate(async (config) => {
      const client = await app.ready(config);
      return Promise.all(["older", "newer"].map((appState) => client.pushed({ appState })));
    }, config());
    for (const [url, name] of [
      [older, "older"],
      [newer, "newer"],
    ]) {
      await tab.page.goto(url);
      if (tab.url.startsWith(stage.page.origin)) await tab.ready();
      else await tab.answer();
      assert.equal((await tab.handle(config())).appState, name);
    }
    assert.equal(server.tokenRequests().length, 2);
  });
}

openid.test("OpenID: §2.4 the callback's URL opened a second time in its tab: transaction_used", async (t) => {
  const tab = await stage.open(t);
  const url = await tab.comeBack(openid.config());
  await tab.handle(openid.config());
  await tab.visit(url);
  await assert.rejects(tab.handle(openid.config()), { code: "transaction_used" });
  assert.equal(tab.url, stage.redirectUri);
  assert.equal(stage.oidc.tokenRequests().length, 1);
});

worksmart.test("WorkSmart: §2.4 the callback's URL opened a second time in its tab: resolves with the session", async (t) => {
  const tab = await stage.open(t);
  const url = await tab.comeBack(worksmart.config(), { returnTo: "/inbox" });
  const { session } = await tab.handle(worksmart.config());
  await tab.visit(url);
  assert.deepEqual((await tab.handle(worksmart.config())).session, session);
  assert.equal(tab.url, stage.redirectUri);
  assert.equal(stage.worksmart.tokenRequests().length, 1);
});

worksmart.test("WorkSmart: §2.4 back to the server after the login, and allowed once more: the second code stays unused", async (t) => {
  const tab = await stage.open(t);
  const { session } = await tab.logIn(worksmart.config());
  await tab.page.goBack();
  assert(tab.url.startsWith(stage.worksmart.origin));
  const url = await tab.answer();
  assert(parameter(url, "code"));
  assert.deepEqual((await tab.handle(worksmart.config())).session, session);
  assert.equal(stage.worksmart.tokenRequests().length, 1);
});

openid.test("§2.4 the tombstone of a redeemed login holds no secret", async (t) => {
  const tab = await stage.open(t);
  const url = await tab.comeBack(openid.config());
  const [pending] = Object.values(await tab.transactions());
  await tab.handle(openid.config());

  const [, verifier] = /code_verifier=([^&]+)/.exec(stage.oidc.tokenRequests()[0].body);
  const left = await tab.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
  for (const secret of [verifier, pending.nonce, parameter(url, "code")]) assert(!left.includes(secret));
});
