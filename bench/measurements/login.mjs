// A whole login at the real provider of the end-to-end tests, on loopback, by a user whom the provider knows: from the click to
// the claims, over the provider and back through a load of the page.
import assert from "node:assert/strict";
import { takingPartIn } from "../peers/index.mjs";
import { clientId } from "../servers/provider.mjs";
import { readableId, startFront } from "../servers/front.mjs";
import { quartiles, rotated } from "../statistics.mjs";

const ROUNDS = 15;

/** This peer takes an access token for a JWT and reads it, but this provider's access tokens are opaque. */
const readsTokens = ["keycloak-js"];

export async function measure(rig) {
  const peers = takingPartIn("login");
  const redirectUris = peers.map(rig.page.url);
  const front = await startFront({ certificate: rig.certificate, clientId, redirectUris, clients: { [readableId]: {} } });
  try {
    const logins = new Map();
    for (const peer of peers) logins.set(peer.name, await firstLogin(rig, peer, front));
    const samples = Object.fromEntries(peers.map(({ name }) => [name, []]));
    for (let round = 0; round < rig.rounds(ROUNDS); round++) {
      rig.noise();
      for (const { name } of rotated(peers, round)) samples[name].push(await logins.get(name)());
    }
    return { unit: "ms", ...Object.fromEntries(peers.map(({ name }) => [name, quartiles(samples[name])])) };
  } finally {
    await front.close();
  }
}

/** Enters user name and password once. @returns a function that logs in again without them, and returns the milliseconds */
async function firstLogin(rig, peer, front) {
  const id = readsTokens.includes(peer.name) ? readableId : clientId;
  const config = rig.config(peer, { issuer: front.issuer, clientId: id, scope: "openid profile", refresh: false });
  const tab = await rig.newTab(peer, { config, task: "login" });
  const result = await rig.resultOf(tab);

  async function logIn(atTheProvider) {
    await tab.goto(rig.page.url(peer));
    await tab.waitForFunction(() => "connect" in globalThis);
    await tab.evaluate(async () => {
      sessionStorage.clear();
      localStorage.clear();
      globalThis.client = await connect();
    });
    await tab.evaluate(() => {
      sessionStorage.setItem("bench.start", performance.timeOrigin + performance.now());
      client.begin();
    });
    await atTheProvider?.();
    const { sub, ms, error } = await result();
    assert.equal(sub, "ada", `${peer.name}: ${error}`);
    return ms;
  }
  await logIn(async () => {
    await tab.getByLabel("User name").fill("ada");
    await tab.getByLabel("Password").fill("wicket");
    await tab.getByRole("button", { name: "Allow" }).click();
  });
  return () => logIn();
}
