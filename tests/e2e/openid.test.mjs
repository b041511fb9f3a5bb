// OpenID Connect at a real provider, from the login to the logout: ID tokens of every algorithm, refresh, UserInfo,
// single logout, and a page on plain http.
import assert from "node:assert/strict";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../servers/bundle.mjs";
import { ACR, startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { launchBrowser, needs, testThatNeeds } from "./browser.mjs";
import { until } from "./stage.mjs";
import { Tab, parameter, withParameters } from "./tab.mjs";

const test = testThatNeeds("tokens");

/** All algorithms that the provider can sign with and a browser can verify, each with the length of its `at_hash` in characters. */
const algorithms = {
  RS256: 22,
  RS384: 32,
  RS512: 43,
  PS256: 22,
  PS384: 32,
  PS512: 43,
  ES256: 22,
  ES384: 32,
  ES512: 43,
  EdDSA: 43,
  Ed25519: 43,
};

const directory = fileURLToPath(new URL("page/", import.meta.url));
const page = await startPage({ directory, built: { "/page.js": await bundle(`${directory}page.js`) } });
// The same page under a host name in a local network: plain http, and not loopback.
const lan = page.origin.replace("127.0.0.1", "app.lan");
const goodbye = `${page.origin}/goodbye`;
const redirectUri = `${page.origin}/callback`;
const oidc = await startOidc({
  redirectUris: [redirectUri, `${lan}/callback`],
  postLogoutRedirectUris: [goodbye],
  clients: {
    ...Object.fromEntries(Object.keys(algorithms).map((name) => [name, { id_token_signed_response_alg: name }])),
    "signed-userinfo": { userinfo_signed_response_alg: "PS256" },
  },
});
page.servers = [oidc.origin];
const browser = await launchBrowser({ names: ["app.lan"] });

after(async () => {
  await browser.close();
  await Promise.all([oidc.close(), page.close()]);
});

const config = (more) => ({
  clientId: oidc.clientId,
  issuer: oidc.issuer,
  redirectUri,
  scope: "openid profile email",
  postLogoutRedirectUri: goodbye,
  ...more,
});

// The provider gives a refresh token only if the client asks for one and the user has agreed (OpenID Connect Core §11).
const renewable = config({ scope: "openid profile email offline_access" });
const logInRenewably = (tab) => tab.logIn(renewable, { prompt: "consent" });

/** A new browser profile with one tab on the page; a provider without faults and with empty records. */
async function open(t, origin = page.origin) {
  Object.assign(oidc, { fault: undefined, hold: undefined, changes: {} });
  for (const records of [oidc.requests, oidc.answers]) records.length = 0;
  const context = await browser.newContext();
  t.after(() => context.close());
  return Tab.open(context, origin);
}

/** The token responses of the token endpoint, in order, once `count` answers have been sent. */
async function issued(count) {
  const answers = () => oidc.answers.filter(({ url, status }) => url === "/token" && status === 200);
  await until(() => answers().length >= count, `${count} token answers`);
  return answers().map(({ body }) => JSON.parse(body));
}

function decoded(token) {
  const [header, payload] = token.split(".").map((part) => Buffer.from(part, "base64url"));
  return { header: JSON.parse(header), payload: JSON.parse(payload) };
}

/** The token with one bit of its signature changed. */
function forged(token) {
  const [header, payload, signature] = token.split(".");
  const bytes = Buffer.from(signature, "base64url");
  bytes[bytes.length >> 1] ^= 1;
  return [header, payload, bytes.toString("base64url")].join(".");
}

const outcome = (promise) =>
  promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );

// ── The ID token's signature ──

for (const [algorithm, length] of Object.entries(algorithms)) {
  test(`${algorithm}: an ID token that is signed with it is verified, and its claims are the session's`, async (t) => {
    const tab = await open(t);
    const { session } = await tab.logIn(config({ clientId: algorithm }));
    const [{ id_token: idToken }] = await issued(1);
    const { header, payload } = decoded(idToken);

    assert.equal(header.alg, algorithm);
    assert.equal(session.status, "signed-in");
    assert.deepEqual(session.claims, payload);
    const { sub, name, email, iss, aud } = session.claims;
    assert.deepEqual([sub, name, email], ["ada", "Ada Lovelace", "ada@example.com"]);
    assert.deepEqual([iss, aud], [oidc.issuer, algorithm]);
    assert.equal(session.claims.at_hash.length, length, "half of the hash that goes with the algorithm");
    assert.equal(oidc.requestsTo("/jwks").length, 1);
  });

  test(`${algorithm}: with one bit of the signature changed nobody is signed in`, async (t) => {
    const tab = await open(t);
    const changed = config({ clientId: algorithm });
    await tab.comeBack(changed);
    oidc.changes["/token"] = (body) => {
      const answer = JSON.parse(body);
      return JSON.stringify({ ...answer, id_token: forged(answer.id_token) });
    };
    await assert.rejects(tab.handle(changed), { code: "id_token_invalid" });
    assert.deepEqual(await tab.session(changed), { status: "signed-out" });
  });
}

test("an access token that came with another ID token is refused, whatever the hash", async (t) => {
  for (const algorithm of ["PS256", "ES384", "EdDSA"]) {
    const tab = await open(t);
    const changed = config({ clientId: algorithm });
    await tab.comeBack(changed);
    oidc.changes["/token"] = (body) => JSON.stringify({ ...JSON.parse(body), access_token: "somebody-elses" });
    await assert.rejects(tab.handle(changed), { code: "id_token_invalid", claim: "at_hash" }, algorithm);
  }
});

test("checking the signature costs no round trip: keys and tokens are asked for at the same time", needs("a network log"), async (t) => {
  const trips = {};
  for (const idTokenSignature of ["trust-tls", "verify"]) {
    const tab = await open(t);
    const checked = config({ idTokenSignature });
    const log = await networkLog(tab);
    await tab.comeBack(checked);
    // Each of the two requests is answered only after the other one has arrived.
    if (idTokenSignature === "verify") oidc.hold = meeting("/token", "/jwks");
    log.clear();
    assert.equal((await tab.handle(checked)).session.status, "signed-in");

    await until(() => [...log.values()].every(({ endedAt }) => endedAt), "all answers are in");
    const requests = [...log.values()];
    trips[idTokenSignature] = roundTrips(requests);
    const [token, keys] = ["/token", "/jwks"].map((path) => requests.filter(({ url }) => url === oidc.origin + path));
    assert.equal(token.length, 1);
    assert.equal(keys.length, idTokenSignature === "verify" ? 1 : 0);
    if (keys.length) assert(keys[0].sentAt < token[0].answeredAt, "before the tokens were there");
    assert.equal(oidc.requestsTo("/jwks").length, keys.length, "nor before that");
  }
  assert.deepEqual(trips, { "trust-tls": 1, verify: 1 });
});

/** The tab's requests to the provider, from the browser's own network log, in seconds. */
async function networkLog(tab) {
  const log = new Map();
  const session = await tab.page.context().newCDPSession(tab.page);
  const note = (event, name) =>
    session.on(`Network.${event}`, ({ requestId, timestamp }) => {
      if (log.has(requestId)) log.get(requestId)[name] = timestamp;
    });
  session.on("Network.requestWillBeSent", ({ requestId, request: { url }, timestamp }) => {
    if (url.startsWith(oidc.origin)) log.set(requestId, { url, sentAt: timestamp });
  });
  note("responseReceived", "answeredAt");
  note("loadingFinished", "endedAt");
  note("loadingFailed", "endedAt");
  await session.send("Network.enable");
  return log;
}

/** The longest chain of requests in which each waited for the one before. */
function roundTrips(requests) {
  const depth = ({ sentAt }) => 1 + Math.max(0, ...requests.filter(({ endedAt }) => endedAt <= sentAt).map(depth));
  return Math.max(0, ...requests.map(depth));
}

/** Holds requests to these paths until each path has received one. */
function meeting(...paths) {
  const missing = new Set(paths);
  let resolve;
  const all = new Promise((all) => (resolve = all));
  return ({ path }) => {
    missing.delete(path);
    if (missing.size === 0) resolve();
    return paths.includes(path) ? all : undefined;
  };
}

// ── Refresh ──

test("a refresh: another access token, a rotated refresh token, the same claims, the keys of before", async (t) => {
  const tab = await open(t);
  const { session } = await logInRenewably(tab);
  const first = await tab.accessToken(renewable);
  assert.equal(await tab.accessToken(renewable), first, "a good one is given out as it is");
  const second = await tab.accessToken(renewable, { forceRefresh: true });
  const third = await tab.accessToken(renewable, { forceRefresh: true });
  const answers = await issued(3);

  assert.deepEqual([first, second, third], answers.map((answer) => answer.access_token));
  assert.equal(new Set([first, second, third]).size, 3);
  assert.equal(new Set(answers.map((answer) => answer.refresh_token)).size, 3, "the provider rotates");
  const [, ...refreshes] = oidc.tokenRequests();
  for (const [index, { body, headers }] of refreshes.entries()) {
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
      grant_type: "refresh_token",
      refresh_token: answers[index].refresh_token,
      client_id: oidc.clientId,
    });
    assert.equal(headers.cookie, undefined);
    assert.equal(headers.referer, undefined);
  }

  const renewed = await tab.session(renewable);
  assert.equal(renewed.status, "signed-in");
  assert.deepEqual(renewed.claims, decoded(answers[2].id_token).payload);
  const who = ({ iss, sub, aud, name, email }) => ({ iss, sub, aud, name, email });
  assert.deepEqual(who(renewed.claims), who(session.claims));
  assert(renewed.expiresAt >= session.expiresAt);
  assert.equal(oidc.requestsTo("/jwks").length, 1);
});

test("who asks while a refresh is under way gets its token: one request", async (t) => {
  const tab = await open(t);
  await logInRenewably(tab);
  const tokens = await tab.evaluate(async (config) => {
    const client = await app.client(config);
    return Promise.all([1, 2, 3].map(() => client.accessToken({ forceRefresh: true })));
  }, renewable);
  assert.equal(new Set(tokens).size, 1);
  assert.equal(oidc.tokenRequests().length, 2, "the login's and the refresh");
});

test("a token that lasts too short a time is renewed, and not before", async (t) => {
  const tab = await open(t);
  await logInRenewably(tab);
  const first = await tab.accessToken(renewable, { minValidity: 3000 });
  assert.equal(oidc.tokenRequests().length, 1);
  assert.notEqual(await tab.accessToken(renewable, { minValidity: 4000 }), first);
  assert.equal(oidc.tokenRequests().length, 2);
});

test("a refresh token that the server revoked: session_ended, and signed out", async (t) => {
  const tab = await open(t);
  await logInRenewably(tab);
  await tab.accessToken(renewable, { forceRefresh: true });
  const [{ refresh_token: stolen }] = await issued(2);

  // A thief uses the old refresh token. Now the server knows that two clients have it, and trusts neither (RFC 9700 §4.14.2).
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: stolen, client_id: oidc.clientId });
  const theft = await fetch(`${oidc.origin}/token`, { method: "POST", body });
  assert.equal((await theft.json()).error, "invalid_grant");

  const heard = tab.evaluate(async (config) => {
    const client = await app.client(config);
    return new Promise((resolve) => client.subscribe(({ status }) => resolve(status)));
  }, renewable);
  const refused = tab.accessToken(renewable, { forceRefresh: true });
  await assert.rejects(refused, { code: "session_ended", retryable: false });
  assert.equal(await heard, "signed-out");
  assert.deepEqual(await tab.session(renewable), { status: "signed-out", endedBy: "server" });

  const asked = oidc.tokenRequests().length;
  await assert.rejects(tab.accessToken(renewable, { forceRefresh: true }), { code: "no_session" });
  assert.equal(oidc.tokenRequests().length, asked, "and nobody asks again");
});

test("a server that cannot be reached ends nothing: stale, with its claims, until the next refresh", async (t) => {
  const tab = await open(t);
  const { session } = await logInRenewably(tab);
  for (const [fault, error] of [
    ["down", { code: "network_failed" }],
    ["500", { code: "token_request_failed", status: 500 }],
  ]) {
    oidc.fault = fault;
    await assert.rejects(tab.accessToken(renewable, { forceRefresh: true }), error);
    assert.deepEqual(await tab.session(renewable), { ...session, status: "stale" });
  }
  assert(await tab.accessToken(renewable), "the token of before is still good");

  oidc.fault = undefined;
  await tab.accessToken(renewable, { forceRefresh: true });
  assert.equal((await tab.session(renewable)).status, "signed-in");
});

test("without a refresh token there is no refresh, and the session goes on", async (t) => {
  const tab = await open(t);
  await tab.logIn(config());
  await assert.rejects(tab.accessToken(config(), { forceRefresh: true }), { code: "no_session" });
  assert.equal((await tab.session(config())).status, "signed-in");
  assert(await tab.accessToken(config()));
});

// ── UserInfo ──

for (const [clientId, contentType] of [
  [oidc.clientId, "application/json"],
  ["signed-userinfo", "application/jwt"],
]) {
  test(`userInfo answers who is logged in, as ${contentType}`, async (t) => {
    const tab = await open(t);
    await tab.logIn(config({ clientId }));
    const { sub, name, email, ...more } = await tab.userInfo(config({ clientId }));
    assert.deepEqual([sub, name, email], ["ada", "Ada Lovelace", "ada@example.com"]);

    const isAnswer = ({ url, status }) => url === "/me" && status === 200;
    await until(() => oidc.answers.some(isAnswer), "the answer is through");
    const { headers, body } = oidc.answers.find(isAnswer);
    assert.equal(headers["content-type"].split(";")[0], contentType);
    if (contentType === "application/jwt") {
      const { header, payload } = decoded(body);
      assert.equal(header.alg, "PS256");
      assert.deepEqual({ sub, name, email, ...more }, payload);
    } else {
      assert.deepEqual(more, {});
    }
    const [{ access_token: accessToken }] = await issued(1);
    const { headers: sent, query } = oidc.requests.find(({ method, path }) => method === "GET" && path === "/me");
    assert.equal(sent.authorization, `Bearer ${accessToken}`);
    assert.equal(query, "");
  });
}

test("Chromium's inspector shows the body of each answer: a developer can read what the server said", needs("a network log"), async (t) => {
  const tab = await open(t);
  await tab.logIn(config());
  const inspector = await tab.page.context().newCDPSession(tab.page);
  await inspector.send("Network.enable");
  const [sent, ended] = [new Set(), []];
  // Without the requests by which a browser asks whether it may send one.
  inspector.on("Network.requestWillBeSent", ({ requestId, request: { method } }) => method === "GET" && sent.add(requestId));
  const end = (how) => sent.has(how.requestId) && ended.push(how);
  inspector.on("Network.loadingFinished", end);
  inspector.on("Network.loadingFailed", end);
  // One of four was unreadable.
  const times = 24;
  for (let time = 0; time < times; time += 1) await tab.userInfo(config());
  await until(() => ended.length >= times, "each request ends");
  for (const { requestId, errorText } of ended) {
    assert.equal(errorText, undefined);
    const { body } = await inspector.send("Network.getResponseBody", { requestId });
    assert.equal(JSON.parse(body).sub, "ada");
  }
});

test("userInfo with a changed signature is refused, and who is logged in stays", async (t) => {
  const tab = await open(t);
  const signed = config({ clientId: "signed-userinfo" });
  const { session } = await tab.logIn(signed);
  oidc.changes["/me"] = forged;
  await assert.rejects(tab.userInfo(signed), { code: "userinfo_invalid" });
  assert.deepEqual(await tab.session(signed), session);
});

test("userInfo about somebody else is refused", async (t) => {
  const tab = await open(t);
  await tab.logIn(config());
  oidc.changes["/me"] = () => JSON.stringify({ sub: "grace", name: "Grace Hopper" });
  await assert.rejects(tab.userInfo(config()), { code: "userinfo_invalid", claim: "sub" });
});

test("userInfo with nobody signed in asks nobody", async (t) => {
  const tab = await open(t);
  await assert.rejects(tab.userInfo(config()), { code: "no_session" });
  assert.equal(oidc.requestsTo("/me").length, 0);
});

// ── Logout at the server ──

test("a logout ends the session here and at the server, and comes back with its state and a clean URL", async (t) => {
  const tab = await open(t);
  await tab.logIn(config());
  await silently(tab, config());
  const [, { id_token: idToken }] = await issued(2);

  const url = await tab.logOut(config());
  const [{ query }] = oidc.requestsTo("/session/end");
  const { state, ...parameters } = Object.fromEntries(new URLSearchParams(query));
  assert.deepEqual(parameters, {
    id_token_hint: idToken,
    client_id: oidc.clientId,
    post_logout_redirect_uri: goodbye,
  });
  assert.match(state, /^[\w-]{43}$/);
  assert.equal(url, `${goodbye}?state=${state}`);

  assert.equal(await tab.logoutState(config()), state);
  assert.equal(tab.url, goodbye);
  assert.deepEqual(await tab.session(config()), { status: "signed-out" });
  if (!needs("history").skip) assert(!(await tab.history()).includes(url), "nor is it in the history");
  await tab.page.reload();
  await tab.ready();
  assert.equal(await tab.logoutState(config()), undefined, "it is told once");

  // Before the logout, the same login needed no input of the user.
  await tab.begin(config());
  await tab.page.getByLabel("Password").waitFor();
});

test("a logout gives back the state that it was given, and what else is in the URL stays", async (t) => {
  const tab = await open(t);
  await tab.logIn(config());
  const url = new URL(await tab.logOut(config(), { state: "from the inbox" }));
  assert.equal(url.searchParams.get("state"), "from the inbox");
  await tab.visit(withParameters(url, { theme: "dark" }) + "#bye");
  assert.equal(await tab.logoutState(config()), "from the inbox");
  assert.equal(tab.url, `${goodbye}?theme=dark#bye`);
});

test("a forged state on the way back is nobody's: it stays, and the real one still counts", async (t) => {
  const tab = await open(t);
  const forgery = `${goodbye}?state=forged`;
  const isIgnored = async (tab, url) => {
    await tab.visit(url);
    assert.equal(await tab.logoutState(config()), undefined);
    assert.equal(tab.url, url);
  };
  await isIgnored(tab, forgery); // without any pending logout
  await tab.visit("/");
  await tab.logIn(config());
  await tab.leave((config) => app.logOut(config), config());
  const state = parameter(tab.url, "state");
  const server = tab.url;

  await isIgnored(tab, forgery);
  await isIgnored(tab, `${page.origin}/elsewhere?state=${state}`);
  await isIgnored(await tab.another(), `${goodbye}?state=${state}`);

  await tab.page.goto(server);
  await tab.page.getByRole("button", { name: "Log out" }).click();
  await tab.page.waitForURL(`${goodbye}?**`);
  await tab.ready();
  assert.equal(await tab.logoutState(config()), state);
  assert.equal(tab.url, goodbye);
});

test("a logout without the ID token: the server knows the client, and nothing of it is in a URL", async (t) => {
  const tab = await open(t);
  await tab.logIn(config());
  await tab.logOut(config(), { idTokenHint: false });
  const { state, ...parameters } = Object.fromEntries(new URLSearchParams(oidc.requestsTo("/session/end")[0].query));
  assert.deepEqual(parameters, { client_id: oidc.clientId, post_logout_redirect_uri: goodbye });
  assert.equal(await tab.logoutState(config()), state);
});

test("redirect: false ends the session here, and the server's goes on", async (t) => {
  const tab = await open(t);
  await tab.logIn(config());
  await tab.run((config) => app.logOut(config, { redirect: false }), config());
  assert.deepEqual(await tab.session(config()), { status: "signed-out", endedBy: "logout" });
  assert.equal(oidc.requestsTo("/session/end").length, 0);
  await silently(tab, config());
});

/** Logs in while the server remembers the user: it must not ask. */
async function silently(tab, config, options) {
  const url = await tab.evaluate(
    async ([config, options]) => (await app.ready(config)).authorizationUrl(options),
    [config, options],
  );
  await tab.page.goto(url);
  assert(tab.url.startsWith(redirectUri), "the server asks nothing");
  await tab.ready();
  return tab.handle(config);
}

// ── How the user was authenticated ──

for (const [name, options] of [
  ["maxAge: 0", { maxAge: 0 }],
  ['prompt: "login"', { prompt: "login", maxAge: 3600 }],
]) {
  test(`${name} asks again, and auth_time is that of the new login`, async (t) => {
    const tab = await open(t);
    const { session } = await tab.logIn(config(), { maxAge: 3600 });
    const { auth_time: first } = session.claims;
    // The server counts in whole seconds.
    await until(() => Math.floor(Date.now() / 1000) > first, "the next second");
    const again = await silently(tab, config(), { maxAge: 3600 });
    assert.equal(again.session.claims.auth_time, first);

    const begun = Math.floor(Date.now() / 1000);
    await tab.begin(config(), options);
    const asked = new URLSearchParams(oidc.requestsTo("/auth").at(-1).query);
    assert.equal(asked.get("max_age"), String(options.maxAge));
    await tab.page.getByLabel("Password").waitFor();
    await tab.answer();
    const fresh = await tab.handle(config());
    assert(fresh.session.claims.auth_time >= begun, `${fresh.session.claims.auth_time} is before ${begun}`);
  });
}

test("an auth_time that is longer ago than maxAge allows is refused", async (t) => {
  const tab = await open(t);
  const patient = config({ transactionLifetime: 3600 });
  await tab.comeBack(patient, { maxAge: 60 });
  // The user has logged in at once, but the page comes back only now.
  await tab.later(600);
  await assert.rejects(tab.handle(patient), { code: "id_token_invalid", claim: "auth_time" });
});

test("acrValues are asked for, and acr says what came", async (t) => {
  const tab = await open(t);
  const { session } = await tab.logIn(config(), { acrValues: `urn:example:two-factors ${ACR}` });
  assert.equal(new URLSearchParams(oidc.requestsTo("/auth")[0].query).get("acr_values"), `urn:example:two-factors ${ACR}`);
  assert.equal(session.claims.acr, ACR);
});

const essential = (...values) => ({
  extraParams: { claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }) },
});

test("an essential acr that the server has is there", async (t) => {
  const tab = await open(t);
  const { session } = await tab.logIn(config(), essential("urn:example:two-factors", ACR));
  assert.equal(session.claims.acr, ACR);
});

test("an essential acr that the server does not have ends in its error, with nobody signed in", async (t) => {
  const tab = await open(t);
  const back = tab.page.waitForURL(`${redirectUri}?**`);
  tab.evaluate(([config, options]) => void app.begin(config, options), [config(), essential("urn:example:two-factors")]);
  await back;
  await tab.ready();
  const { error } = await outcome(tab.handle(config()));
  assert.equal(error?.code, "authorization_failed");
  assert.equal(error.oauth.error, "unmet_authentication_requirements");
  assert.deepEqual(await tab.session(config()), { status: "signed-out" });
});

// ── A page on plain http ──

test("plain http, where no signature can be checked: whatever needs the module says what to do", needs("names"), async (t) => {
  const tab = await open(t, lan);
  assert.deepEqual(await tab.evaluate(() => [isSecureContext, typeof crypto.subtle]), [false, "undefined"]);
  const { error } = await outcome(tab.run((config) => app.outcome(() => app.ready(config)), overHttp()));
  assert.equal(error?.code, "unsupported_environment");
  assert.match(error.message, /crypto\.subtle/);
  assert.match(error.hint, /https/);
  assert.match(error.hint, /idTokenSignature.*trust-tls/);
});

for (const clientId of [oidc.clientId, "RS384", "EdDSA"]) {
  test(`plain http, with trust-tls: the login works, as ${clientId}`, needs("names"), async (t) => {
    const tab = await open(t, lan);
    const trusting = overHttp({ clientId, idTokenSignature: "trust-tls" });
    const { session } = await tab.logIn(trusting);
    assert.equal(session.status, "signed-in");
    assert.equal(session.claims.name, "Ada Lovelace");
    assert.equal(oidc.requestsTo("/jwks").length, 0, "keys that are of no use");
    assert.equal((await tab.userInfo(trusting)).sub, "ada");
  });
}

test("plain http without openid: a client needs no signature", needs("names"), async (t) => {
  const tab = await open(t, lan);
  const plain = overHttp({ scope: "profile" });
  const metadata = await tab.evaluate(async (config) => (await app.ready(config)).metadata, plain);
  assert.equal(metadata.issuer, oidc.issuer);
});

const overHttp = (more) => config({ redirectUri: `${lan}/callback`, postLogoutRedirectUri: undefined, ...more });

// ── Where no token is ──

test("§6 after login, refresh and userInfo no token is in storage, in a URL or in the history", needs("history"), async (t) => {
  const tab = await open(t);
  const urls = [];
  tab.page.on("request", (request) => urls.push(request.url()));
  tab.page.on("framenavigated", (frame) => urls.push(frame.url()));
  const url = await logInRenewably(tab).then(() => tab.page.url());
  await tab.accessToken(renewable, { forceRefresh: true });
  await tab.userInfo(renewable);
  await nothingLeft([await tab.readable(), ...(await tab.history()), ...urls, url]);

  // A logout sends the ID token only to the server that issued it. No script can read it on the way.
  const [, { id_token: idToken }] = await issued(2);
  await tab.logOut(renewable);
  await tab.logoutState(renewable);
  const elsewhere = [...(await tab.history()), ...urls].filter((url) => !url.startsWith(`${oidc.origin}/session/end?`));
  await nothingLeft([await tab.readable(), ...elsewhere]);
  assert(urls.some((url) => url.includes(idToken)), "what is looked for is found where it is");
});

/** None of the tokens that the provider issued is in any of these. */
async function nothingLeft(places) {
  const tokens = (await issued(2)).flatMap(({ access_token, refresh_token, id_token }) => [
    access_token,
    refresh_token,
    id_token,
    id_token.split(".")[2],
  ]);
  assert.equal(tokens.length, 8);
  for (const token of tokens) {
    assert(token.length > 20);
    for (const place of places) assert(!place.includes(token), `${token} is in ${place}`);
  }
}
