// Unit tests of the code that uses a session. They do not navigate, so they also run in a real browser.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Client, createClient } from "wicketgate";
import { type FakeProvider, fakeProvider } from "wicketgate/testing";

let provider: FakeProvider;
let client: Client;

beforeEach(async () => {
  provider = (await fakeProvider({ user: { sub: "grace", name: "Grace Hopper", roles: ["admin"] } })).install();
  client = await createClient(provider.config);
  await provider.login(client);
});

afterEach(() => {
  vi.useRealTimers();
  provider.restore();
  sessionStorage.clear();
});

test("the claims are those of the user", () => {
  expect(client.session().claims).toMatchObject({ sub: "grace", roles: ["admin"] });
});

test("a token that is about to expire is renewed", async () => {
  const first = await client.accessToken();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_590_000 });
  expect(await client.accessToken()).not.toBe(first);
  expect(provider.requests.filter(({ place }) => place === "refresh")).toHaveLength(1);
});

test("a session that the provider ends is over", async () => {
  provider.fail("revoked");
  await expect(client.accessToken({ forceRefresh: true })).rejects.toMatchObject({ code: "session_ended" });
  expect(client.session().status).toBe("signed-out");
});

test("a session outlives a lost network", async () => {
  const recover = provider.fail("network loss");
  await expect(client.accessToken({ forceRefresh: true })).rejects.toMatchObject({ code: "network_failed" });
  expect(client.session().status).toBe("stale");
  recover();
  await client.accessToken({ forceRefresh: true });
  expect(client.session().status).toBe("signed-in");
});
