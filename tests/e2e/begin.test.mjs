// The beginning of a login: the parameters that are sent, the transaction that is stored, and the options that are refused
// before the page navigates.
import assert from "node:assert/strict";
import { after } from "node:test";
import { startStage } from "./stage.mjs";

const stage = await startStage();
after(() => stage.close());

const [openid, worksmart] = stage.ways;

const names = (query) => query.split("&").map((pair) => pair.split("=")[0]);
const authorizationUrl = (tab, config, options) =>
  tab.run(
    ([config, options]) => app.outcome(async () => (await app.ready(config)).pushed(options)),
    [config, options],
  );
const authorizationRequest = (server, path) => server.requests.find((request) => request.path === path);

worksmart.test("WorkSmart: §1.3 the request has exactly the documented parameters, in the documented order", async (t) => {
  const tab = await stage.open(t);
  await tab.begin(worksmart.config());
  const { query } = authorizationRequest(stage.worksmart, "/api/v1/oauth2/authorize");
  assert.deepEqual(names(query), ["client_id", "response_type", "state", "redirect_uri"]);

  const { state, ...parameters } = Object.fromEntries(new URLSearchParams(query));
  assert.match(state, /^[\w-]{43}$/);
  assert.deepEqual(parameters, {
    client_id: stage.worksmart.clientId,
    response_type: "code",
    redirect_uri: stage.redirectUri,
  });
});

worksmart.test("WorkSmart: §1.4 redirect_uri is sent only when configured", async (t) => {
  const tab = await stage.open(t);
  const config = worksmart.config();
  delete config.worksmart.redirectUri;
  await tab.begin(config);
  const { query } = authorizationRequest(stage.worksmart, "/api/v1/oauth2/authorize");
  assert.deepEqual(names(query), ["client_id", "response_type", "state"]);
});

openid.test("OpenID: §1.2 §1.3 state, nonce and challenge are sent, S256, each parameter once", async (t) => {
  const tab = await stage.open(t);
  await tab.begin(openid.config());
  const { query } = authorizationRequest(stage.oidc, "/auth");
  assert.equal(new Set(names(query)).size, names(query).length);

  const { state, nonce, code_challenge: challenge, ...parameters } = Object.fromEntries(new URLSearchParams(query));
  for (const random of [state, nonce, challenge]) assert.match(random, /^[\w-]{43}$/);
  assert.equal(new Set([state, nonce, challenge]).size, 3);
  assert.deepEqual(parameters, {
    response_type: "code",
    client_id: stage.oidc.clientId,
    redirect_uri: stage.redirectUri,
    scope: "openid profile email",
    code_challenge_method: "S256",
  });
});

openid.test("§1.3 the parameters stand in the same order whatever the order of the options", async (t) => {
  const tab = await stage.open(t);
  const options = {
    prompt: "login",
    loginHint: "ada@example.com",
    uiLocales: "de en",
    extraParams: { color: "red & blue" },
  };
  const reversed = Object.fromEntries(Object.entries(options).reverse());
  const urls = [];
  for (const one of [options, reversed]) urls.push(await authorizationUrl(tab, openid.config(), one));
  assert.deepEqual(...urls.map((url) => names(new URL(url).search.slice(1))));

  const { searchParams } = new URL(urls[0]);
  assert.equal(searchParams.get("prompt"), "login");
  assert.equal(searchParams.get("login_hint"), "ada@example.com");
  assert.equal(searchParams.get("ui_locales"), "de en");
  assert.equal(searchParams.get("color"), "red & blue");
});

openid.test("§1.3 a parameter that the client sets itself is refused, and nobody leaves", async (t) => {
  const tab = await stage.open(t);
  for (const name of [
    "client_id",
    "response_type",
    "state",
    "redirect_uri",
    "scope",
    "nonce",
    "code_challenge",
    "code_challenge_method",
  ]) {
    const refused = tab.begin(openid.config(), { extraParams: { [name]: "mine" } });
    await assert.rejects(refused, { code: "invalid_option" }, name);
  }
  assert.equal(tab.url, `${stage.page.origin}/`);
});

openid.test("§1.7 a returnTo that leads away from the page's origin is refused", async (t) => {
  const tab = await stage.open(t);
  const away = [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/a\tb",
    "/a\nb",
    "\u0000/",
  ];
  for (const returnTo of away) {
    await assert.rejects(
      authorizationUrl(tab, openid.config(), { returnTo }),
      { code: "invalid_option" },
      JSON.stringify(returnTo),
    );
  }
  assert.deepEqual(await tab.transactions(), {});
});

openid.test("§1.6 the transaction is stored before the URL is handed out, which happens synchronously", async (t) => {
  const tab = await stage.open(t);
  const [url, key] = await tab.evaluate(async (config) => {
    const client = await app.ready(config);
    const url = client.authorizationUrl({ returnTo: "/inbox", appState: { a: 1 } });
    return [url, Object.keys(sessionStorage).find((key) => key.startsWith("wicketgate.tx."))];
  }, openid.config());
  const { searchParams } = new URL(url);
  assert.equal(key, `wicketgate.tx.${searchParams.get("state")}`);

  const transaction = (await tab.transactions())[key];
  assert.equal(transaction.state, searchParams.get("state"));
  assert.equal(transaction.nonce, searchParams.get("nonce"));
  assert(Object.values(transaction).includes(stage.oidc.issuer), "which server it was begun at");
  assert.equal(transaction.redirect_uri, stage.redirectUri);
  assert.equal(transaction.scope, "openid profile email");
  assert.equal(transaction.return_to, "/inbox");
  assert.deepEqual(transaction.app_state, { a: 1 });
});

openid.test("§1.1 no two logins share a state, a nonce or a challenge", async (t) => {
  const tab = await stage.open(t);
  const urls = await tab.evaluate(async (config) => {
    const client = await app.ready(config);
    return Array.from({ length: 50 }, () => client.authorizationUrl());
  }, openid.config());
  for (const name of ["state", "nonce", "code_challenge"]) {
    assert.equal(new Set(urls.map((url) => new URL(url).searchParams.get(name))).size, 50, name);
  }
});

openid.test("§1.6 at most 16 logins are pending, the oldest are dropped first", async (t) => {
  const tab = await stage.open(t);
  const states = await tab.evaluate(async (config) => {
    const client = await app.ready(config);
    return Array.from({ length: 20 }, () => new URL(client.authorizationUrl()).searchParams.get("state"));
  }, openid.config());
  const kept = Object.keys(await tab.transactions());
  assert.equal(kept.length, 16);
  assert(kept.includes(`wicketgate.tx.${states.at(-1)}`), "the newest is kept");
});

openid.test("§1.6 expired logins are swept when the next one begins", async (t) => {
  const tab = await stage.open(t);
  await authorizationUrl(tab, openid.config());
  const [old] = Object.keys(await tab.transactions());
  await tab.later(601);
  await authorizationUrl(tab, openid.config());
  const now = Object.keys(await tab.transactions());
  assert.equal(now.length, 1);
  assert.notEqual(now[0], old);
});

const storages = {
  denied: () => {
    Object.defineProperty(window, "sessionStorage", {
      get() {
        throw new DOMException("The operation is insecure.", "SecurityError");
      },
    });
  },
  // A real full store: filled up to the last character.
  full: () => {
    for (let size = 2 ** 22, count = 0; size >= 1;) {
      try {
        sessionStorage.setItem(`fill${count++}`, "x".repeat(size));
      } catch {
        size = Math.floor(size / 2);
      }
    }
  },
  "silently dropping what is written": () => {
    Storage.prototype.setItem = () => {};
  },
  // A value that another script of the page may have left behind.
  missing: () => {
    Object.defineProperty(window, "sessionStorage", { value: undefined });
  },
};

for (const { name, config, test } of stage.ways) {
  for (const [state, spoil] of Object.entries(storages)) {
    test(`${name}: §1.6 sessionStorage ${state}: storage_unavailable, and nobody leaves the page`, async (t) => {
      const tab = await stage.open(t);
      await tab.evaluate(spoil);
      await assert.rejects(tab.begin(config()), { code: "storage_unavailable" });
      await assert.rejects(authorizationUrl(tab, config()), { code: "storage_unavailable" });
      assert.equal(tab.url, `${stage.page.origin}/`);
      for (const { requests } of [stage.oidc, stage.worksmart]) {
        assert(!requests.some(({ path }) => /\/auth(orize)?$/.test(path)), "no authorization request went out");
      }
    });
  }
}

openid.test("OpenID: the server's metadata is the discovered one, and discovery failures are named", async (t) => {
  const tab = await stage.open(t);
  const metadata = await tab.evaluate(async (config) => (await app.ready(config)).metadata, openid.config());
  assert.equal(metadata.issuer, stage.oidc.issuer);
  assert.equal(metadata.token_endpoint, `${stage.oidc.issuer}/token`);
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);

  // The issuer in the document must equal the configured one, character by character.
  await assert.rejects(tab.begin(openid.config({ issuer: `${stage.oidc.issuer}/` })), { code: "invalid_metadata" });
  // No server listens there, and the policy would also block the request.
  await assert.rejects(tab.begin(openid.config({ issuer: "http://localhost:1" })), { code: "network_failed" });
});
