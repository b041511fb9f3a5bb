// The provider in the simulated pages of Vitest: the built package, and every failure with the promised code.
import { createClient } from "wicketgate";
import { fakeProvider } from "wicketgate/testing";
import { cases, fail, told } from "./failures.mjs";

/** @type {import("wicketgate/testing").FakeProvider} */
let provider;

beforeEach(async () => {
  provider = (await fakeProvider()).install();
});

afterEach(() => {
  provider.restore();
  sessionStorage.clear();
});

for (const one of cases) {
  test(`"${one.name}" at ${one.place}: ${one.code}`, async () => {
    const client = (config) => createClient(config);
    const error = await fail(
      provider,
      {
        logIn: async (config) => provider.login(await client(config)),
        refresh: async (config) => (await client(config)).accessToken({ forceRefresh: true }),
        userInfo: async (config) => (await client(config)).userInfo(),
        revoke: async (config) => (await client(config)).revoke(),
      },
      one,
      0.4,
    );
    expect(told(error, one)).toEqual({ code: one.code, ...one.detail });
    expect(provider.requests.some(({ failure, place }) => failure === one.name && place === one.place)).toBe(true);
  });
}

test("a page that would leave says where to, and the rest of its address works as before", async () => {
  const client = await createClient(provider.config);
  void client.beginLogin();
  const url = new URL(await provider.comeBack());
  expect(url.origin + url.pathname).toBe(provider.config.redirectUri);
  await client.handleCallback(url);
  expect(location.href).toBe("http://localhost:3000/");
  location.hash = "#there";
  expect([location.hash, String(location), document.location.hash]).toEqual(["#there", "http://localhost:3000/#there", "#there"]);
  location.hash = "";
});

test("what was replaced is put back", async () => {
  const present = () => [Object.getOwnPropertyDescriptor(globalThis, "location").get, fetch];
  const during = present();
  provider.restore();
  const before = present();
  expect(before.every((value, index) => value !== during[index])).toBe(true);
  provider.install();
  provider.restore();
  expect(present()).toEqual(before);
});

test("a token of an hour that is an hour old is renewed, whatever the time is at the provider", async () => {
  const client = await createClient(provider.config);
  await provider.login(client);
  const first = await client.accessToken();
  provider.advance(7200);
  expect(await client.accessToken()).toBe(first);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
  expect(await client.accessToken()).not.toBe(first);
  vi.useRealTimers();
});

test("new keys of the provider are fetched where a token is signed with one", async () => {
  const client = await createClient(provider.config);
  await provider.login(client);
  await provider.rotateKeys();
  await client.accessToken({ forceRefresh: true });
  expect(provider.requests.filter(({ place }) => place === "keys")).toHaveLength(2);
});

test("a test begins signed out, whoever was signed in during the one before", async () => {
  const others = await fakeProvider();
  others.install();
  provider.restore();
  await others.login(await createClient(others.config));
  others.restore();
  provider.install();
  expect((await createClient(provider.config)).session().status).toBe("signed-out");
});

test("an app with a configuration of its own is signed in from before, unless it has logged out", async () => {
  const { sessionBinding: _, ...config } = provider.config;
  const client = await createClient(config);
  await provider.login(client);
  expect((await createClient(config)).session().status).toBe("signed-in");
  await client.logout({ redirect: false });
  expect((await createClient(config)).session().status).toBe("signed-out");
});

test("without force, an access token that is still good serves", async () => {
  const client = await createClient(provider.config);
  await provider.login(client);
  const first = await client.accessToken();
  provider.fail("revoked", { at: "refresh" });
  expect(await client.accessToken({ minValidity: 3601 })).toBe(first);
  expect(client.session().status).toBe("signed-in");
});

test("an answer that was lost on its way has used the refresh token up", async () => {
  const client = await createClient(provider.config);
  await provider.login(client);
  provider.fail("lost answer", { times: 1 });
  await expect(client.accessToken({ forceRefresh: true })).rejects.toMatchObject({ code: "network_failed" });
  await expect(client.accessToken({ forceRefresh: true })).rejects.toMatchObject({ code: "session_ended" });
});
