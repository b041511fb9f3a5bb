// A token for each API from one login: a real provider issues tokens that name their API and the key of the proof, and APIs accept
// no others.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { startBoundApi } from "../servers/bound-api.mjs";
import { bundle } from "../servers/bundle.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { launchBrowser, testThatNeeds } from "./browser.mjs";
import { Tab } from "./tab.mjs";

const test = testThatNeeds("resources");

const directory = fileURLToPath(new URL("page/", import.meta.url));
const page = await startPage({ directory, built: { "/page.js": await bundle(`${directory}page.js`) } });
const redirectUri = `${page.origin}/callback`;
const resources = ["urn:example:notes", "https://mail.example/", "urn:example:files"];
const scopes = ["notes:read", "mail:send", "files:list"];
let lifetime = 3600;
const oidc = await startOidc({
  redirectUris: [redirectUri],
  features: {
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (context, resource) => ({
        scope: scopes[resources.indexOf(resource)],
        audience: resource,
        accessTokenTTL: lifetime,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});
const apis = await Promise.all(resources.map((resource) => startBoundApi({ pages: [page.origin], resource })));
page.servers = ["*"];
const browser = await launchBrowser();

after(async () => {
  await browser.close();
  await Promise.all([...apis, oidc, page].map((server) => server.close()));
});

const config = {
  clientId: oidc.clientId,
  issuer: oidc.issuer,
  redirectUri,
  scope: "openid profile email offline_access",
  tokenStore: "local",
  allowedOrigins: apis.map(({ origin }, place) => ({ origin, resource: resources[place], scope: scopes[place] })),
};

async function logIn(t) {
  const context = await browser.newContext();
  t.after(() => context.close());
  lifetime = 3600;
  for (const { requests } of [...apis, oidc]) requests.length = 0;
  const tab = await Tab.open(context, page.origin);
  await tab.begin(config, { prompt: "consent" });
  await tab.answer();
  await tab.handle(config);
  return tab;
}

/** Calls all APIs `count` times at once; returns the statuses. */
const call = (tab, count = 1) =>
  tab.evaluate(
    async ([config, count]) => {
      const client = await app.client(config);
      const calls = Array.from({ length: count }, (_, place) => client.fetch(config.allowedOrigins[place % 3].origin));
      return (await Promise.all(calls)).map(({ status }) => status);
    },
    [config, count],
  );

/** The resources of the refreshes that the provider has accepted, in order. */
const refreshed = () =>
  oidc.answers
    .filter(({ url, status, body }) => url === "/token" && status === 200 && !body.includes("id_token") && body.includes("access_token"))
    .map(({ body }) => JSON.parse(Buffer.from(JSON.parse(body).access_token.split(".")[1], "base64url")).aud);

test("one login brings a token for each API, which no other API gets", async (t) => {
  const tab = await logIn(t);
  oidc.answers.length = 0;
  assert.deepEqual(await call(tab, 3), [200, 200, 200]);
  assert.deepEqual(refreshed().sort(), [...resources].sort());
  const tokens = apis.map(({ requests }) => requests.at(-1).proof.token);
  assert.equal(new Set(tokens).size, 3);
  assert.equal((await tab.userInfo(config)).name, "Ada Lovelace");
  const { value } = await tab.evaluate(
    ([config, resource]) => app.outcome(async () => (await app.client(config)).accessToken({ resource })),
    [config, resources[1]],
  );
  assert.equal(value, tokens[1]);
  const refused = await tab.evaluate(
    ([config, resource]) => app.outcome(async () => (await app.client(config)).accessToken({ resource })),
    [config, "urn:example:another"],
  );
  assert.equal(refused.error.oauth.error, "invalid_target");
  assert.deepEqual(await call(tab, 3), [200, 200, 200], "which ends nothing");
});

test("fifty calls in five tabs need one refresh for each API, and no session is lost", async (t) => {
  const tab = await logIn(t);
  const tabs = [tab, ...(await Promise.all(Array.from({ length: 4 }, () => tab.another("/other"))))];
  oidc.answers.length = 0;
  const statuses = await Promise.all(tabs.map((one) => call(one, 50)));
  assert.deepEqual(new Set(statuses.flat()), new Set([200]));
  const accepted = refreshed().filter((audience) => resources.includes(audience));
  assert.deepEqual(accepted.sort(), [...resources].sort());
  for (const one of tabs) assert.equal((await one.session(config)).status, "signed-in");
});
