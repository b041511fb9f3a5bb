// `client.fetch`: the origins that get the access token, the reaction to a refused token, and that everything else is the
// browser's own `fetch`. A real provider issues the tokens, and the API asks the provider for their user.
import assert from "node:assert/strict";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../servers/bundle.mjs";
import { ACR, startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { startResource } from "../servers/resource.mjs";
import { startWorksmart } from "../servers/worksmart.mjs";
import { launchBrowser, needs, testThatNeeds } from "./browser.mjs";
import { until } from "./stage.mjs";
import { Tab } from "./tab.mjs";

const test = testThatNeeds("tokens");

const directory = fileURLToPath(new URL("page/", import.meta.url));
const page = await startPage({ directory, built: { "/page.js": await bundle(`${directory}page.js`) } });
const redirectUri = `${page.origin}/callback`;
const oidc = await startOidc({ redirectUris: [redirectUri] });
const worksmart = await startWorksmart({ redirectUris: [redirectUri] });
const [api, other] = await startNeighbours();
// Only the library may block a request here.
page.servers = ["*"];
const browser = await launchBrowser({ names: ["*.evil.example"] });

after(async () => {
  await browser.close();
  await Promise.all([api, other, oidc, worksmart, page].map((server) => server.close()));
});

/** An API, and a server that accepts every request and whose origin begins like the API's: its port has one more digit. */
async function startNeighbours() {
  const userOf = async (token) => {
    const answer = await fetch(`${oidc.issuer}/me`, { headers: { authorization: `Bearer ${token}` } });
    return answer.ok ? answer.json() : undefined;
  };
  for (let port = 3000 + (process.pid % 3000); ; port++) {
    const neighbours = await Promise.allSettled([
      startResource({ userOf, pages: [page.origin], port }),
      startResource({ userOf, pages: ["*"], port: port * 10 + 1 }),
    ]);
    if (neighbours.every(({ status }) => status === "fulfilled")) return neighbours.map(({ value }) => value);
    await Promise.all(neighbours.map(({ value }) => value?.close()));
    assert(port * 10 < 65_000, "no two ports are free");
  }
}

const config = {
  clientId: oidc.clientId,
  issuer: oidc.issuer,
  redirectUri,
  scope: "openid profile email offline_access",
  allowedOrigins: [api.origin],
};
const me = `${api.origin}/api/v1/me`;
const echo = `${api.origin}/api/v1/echo`;

/** A new browser profile with one tab, on a page where a user has logged in; servers without faults and with empty records. */
async function open(t, kept = config) {
  Object.assign(oidc, { fault: undefined, hold: undefined, lifetime: 3600 });
  for (const server of [api, other]) Object.assign(server, { challenge: undefined, hold: undefined });
  const context = await browser.newContext();
  t.after(() => context.close());
  const tab = await Tab.open(context, page.origin);
  await tab.begin(kept, { prompt: "consent" });
  await tab.answer();
  await tab.handle(kept);
  const { value: token } = await tab.evaluate((config) => app.accessToken(config), kept);
  for (const { requests } of [api, other]) requests.length = 0;
  oidc.requests.length = 0;
  return Object.assign(tab, { token });
}

/** Runs `work`, which gets the client and `argument`. Returns its value, or the members of its error. */
async function ask(tab, work, argument, kept = config) {
  // The code is assembled here, because the page's policy forbids evaluating text as code.
  const asking = new Function("[config, argument]", `return app.outcome(async () => (${work})(await app.client(config), argument));`);
  const { value, error } = await tab.evaluate(asking, [kept, argument]);
  return error ?? value;
}

/** The result of a request: status and text. */
const call = (tab, input, init) =>
  ask(
    tab,
    async (client, [input, init]) => {
      const response = await client.fetch(input, init);
      return { status: response.status, text: await response.text() };
    },
    [input, init],
  );

const refreshes = () => oidc.tokenRequests().filter(({ body }) => body.startsWith("grant_type=refresh_token"));
const authorizations = (server) => server.requests.map(({ headers }) => headers.authorization);

/** Refuses this token from now on. */
function refuse(token) {
  api.challenge = (shown) => shown === token && 'Bearer error="invalid_token"';
}

// ── The request ──

test("a GET has the token, and the answer is the API's", async (t) => {
  const tab = await open(t);
  const { status, text } = await call(tab, me);
  assert.deepEqual([status, JSON.parse(text).name], [200, "Ada Lovelace"]);
  assert.deepEqual(authorizations(api), [`Bearer ${tab.token}`]);
  assert.deepEqual(refreshes(), []);
  const missing = await call(tab, `${api.origin}/nowhere`);
  assert.equal(missing.status, 404, "what the API refuses is an answer, as with fetch");
});

/** Bodies, made in the page: a value that `fetch` accepts, and the text that the API must receive. */
const bodies = {
  string: { make: () => "words", sent: /^words$/, type: /^text\/plain/ },
  URLSearchParams: { make: () => new URLSearchParams({ a: "b c" }), sent: /^a=b\+c$/, type: /^application\/x-www-form-urlencoded/ },
  FormData: {
    make: () => {
      const form = new FormData();
      form.set("name", "value");
      form.set("file", new Blob(["content"], { type: "text/csv" }), "a.csv");
      return form;
    },
    sent: /name="name"\r\n\r\nvalue\r\n[^]*filename="a.csv"\r\nContent-Type: text\/csv\r\n\r\ncontent\r\n/,
    type: /^multipart\/form-data; boundary=/,
  },
  Blob: { make: () => new Blob(["x".repeat(100_000)], { type: "application/x-app" }), sent: /^x{100000}$/, type: /^application\/x-app$/ },
  ArrayBuffer: { make: () => new TextEncoder().encode("bytes").buffer, sent: /^bytes$/, type: /^undefined$/ },
};

for (const [name, { make, sent, type }] of Object.entries(bodies)) {
  for (const way of ["init", "Request", "Request and init"]) {
    test(`POST with ${name} by ${way}: it arrives whole, and whole again with a newer token where the first was refused`, async (t) => {
      const tab = await open(t);
      refuse(tab.token);
      const status = await ask(
        tab,
        `async (client, [url, way]) => {
          const init = { method: "POST", body: (${make})() };
          const input = {
            init: () => [url, init],
            Request: () => [new Request(url, init)],
            "Request and init": () => [new Request(url + "?a=1", { method: "PUT", body: "another" }), init],
          };
          return (await client.fetch(...input[way]())).status;
        }`,
        [echo, way],
      );
      assert.equal(status, 200);
      const [first, second] = api.requests;
      assert.deepEqual(
        api.requests.map(({ method, query }) => [method, query]),
        Array(2).fill(["POST", way === "Request and init" ? "a=1" : ""]),
      );
      for (const { body, headers } of api.requests) {
        assert.match(body, sent);
        // If both have a body, the headers are the Request's, and describe its own body. The browser's `fetch` does the same.
        assert.match(String(headers["content-type"]), way === "Request and init" ? /^text\/plain/ : type);
        assert.equal(headers["content-length"], String(Buffer.byteLength(body)), "not as a stream");
      }
      assert.equal(first.body, second.body);
      assert.equal(first.headers.authorization, `Bearer ${tab.token}`);
      assert.notEqual(second.headers.authorization, first.headers.authorization);
      assert.equal(refreshes().length, 1);
    });
  }
}

test("a stream as body is the browser's own affair", async (t) => {
  const tab = await open(t);
  const errors = await ask(
    tab,
    async (client, url) => {
      const init = () => ({ method: "POST", duplex: "half", body: new Blob(["flowing"]).stream() });
      const { name, message } = await client.fetch(url, init()).catch((error) => error);
      const own = await fetch(url, { ...init(), headers: { authorization: "Bearer x" } }).catch((error) => error);
      return [[name, message], [own.name, own.message]];
    },
    echo,
  );
  assert.deepEqual(errors[0], errors[1]);
  // Chromium refuses it over HTTP/1.1, Firefox sends its name as text, and WebKit refuses it.
  assert(api.requests.length === 0 || api.requests.every(({ body }) => body === "[object ReadableStream]"));
});

test("headers, method and credentials go out as they were asked for", async (t) => {
  const tab = await open(t);
  const status = await ask(
    tab,
    async (client, url) => {
      const request = new Request(url, { method: "POST", body: "{}", headers: { "content-type": "application/json", accept: "text/x" } });
      return (await client.fetch(request, { keepalive: true, credentials: "omit", referrerPolicy: "no-referrer" })).status;
    },
    echo,
  );
  assert.equal(status, 200);
  const [{ headers }] = api.requests;
  assert.deepEqual(
    [headers["content-type"], headers.accept, headers.cookie, headers.referer],
    ["application/json", "text/x", undefined, undefined],
  );
});

test("the answer is the browser's own: a stream that is read as it comes", async (t) => {
  const tab = await open(t);
  const first = await ask(
    tab,
    async (client, url) => {
      const response = await client.fetch(url);
      window.reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      return [response instanceof Response, response.type, response.url, (await window.reader.read()).value];
    },
    `${api.origin}/api/v1/stream`,
  );
  assert.deepEqual(first, [true, "cors", `${api.origin}/api/v1/stream`, "begun, "]);
  api.streams.pop().end("and done");
  const rest = await tab.evaluate(async () => [(await reader.read()).value, (await reader.read()).done]);
  assert.deepEqual(rest, ["and done", true]);
});

// ── Where the token does not go ──

test("an origin that is not named exactly gets nothing, and is told nothing", async (t) => {
  const tab = await open(t);
  const { host, port } = new URL(api.origin);
  const otherPort = new URL(other.origin).port;
  const tricks = [
    `${other.origin}/api/v1/me`,
    `http://localhost:${port}/`,
    `http://127.0.0.1.evil.example:${otherPort}/`,
    `http://${host.replace(":", "-")}.evil.example:${otherPort}/`,
    `http://x.evil.example:${otherPort}/${api.origin}`,
    `http://x.evil.example:${otherPort}/?${api.origin}`,
    `http://x.evil.example:${otherPort}\\@${host}/`,
    `https://${host}/`,
    page.origin,
    "/api/v1/me",
    "",
    "blob:" + api.origin + "/0b8f",
    "data:text/plain,x",
    `//127.0.0.1:${otherPort}/`,
  ];
  for (const input of tricks) {
    const { code, name, hint } = await call(tab, input);
    assert.deepEqual([name, code], ["WicketgateError", "origin_not_allowed"], input);
    assert.match(hint, /allowedOrigins/);
  }
  // A browser refuses a URL with user name and password.
  for (const input of [`http://${host}@127.0.0.1:${otherPort}/`, `http://user:word@${host}/`]) {
    assert.equal((await call(tab, input)).name, "TypeError", input);
  }
  // Another spelling of the same origin is the same origin.
  for (const input of [`HTTP://127.0.0.1:${port}/api/v1/me`, `http://127.1:${port}/api/v1/me`, `http://0x7f.0.0.1:${port}/x/../api/v1/me`]) {
    assert.equal((await call(tab, input)).status, 200, input);
  }
  assert.equal(api.requests.length, 3);
  assert.deepEqual(other.requests, []);
  assert.deepEqual(refreshes(), []);
});

test("a redirect to another origin arrives there without the token, and what comes of it renews nothing", async (t) => {
  const tab = await open(t);
  for (const path of ["/api/v1/me", "/nowhere"]) {
    const { status } = await call(tab, `${api.origin}/go?redirect=${encodeURIComponent(other.origin + path)}`);
    assert.equal(status, 401);
  }
  assert.deepEqual(authorizations(api), Array(2).fill(`Bearer ${tab.token}`));
  assert.deepEqual(authorizations(other), [undefined, undefined]);
  assert(!JSON.stringify(other.requests).includes(tab.token));
  // A redirect that returns does not bring the token back.
  const there = `${other.origin}/go?redirect=${encodeURIComponent(me)}`;
  api.requests.length = other.requests.length = 0;
  await call(tab, `${api.origin}/go?redirect=${encodeURIComponent(there)}`);
  assert.deepEqual(authorizations(other), [undefined]);
  for (const authorization of authorizations(api).slice(1)) assert.equal(authorization, undefined);
});

test("a redirect within the origin keeps the token, the body, and the second try", async (t) => {
  const tab = await open(t);
  refuse(tab.token);
  const { status, text } = await call(tab, `${api.origin}/go?redirect=/api/v1/echo`, { method: "POST", body: "words" });
  assert.deepEqual([status, JSON.parse(text).body], [200, "words"]);
  const [first, second, third, fourth] = authorizations(api);
  assert.deepEqual([first, second], Array(2).fill(`Bearer ${tab.token}`));
  assert.equal(third, fourth);
  assert.notEqual(third, first);
  assert.equal(refreshes().length, 1);
});

test("an Authorization header of its own, and no-cors, are refused, and nothing goes out", async (t) => {
  const tab = await open(t);
  for (const init of [{ headers: { Authorization: "Basic eA==" } }, { headers: [["authorization", ""]] }, { mode: "no-cors" }]) {
    assert.equal((await call(tab, me, init)).code, "invalid_option");
  }
  const ofRequest = await ask(tab, (client, url) => client.fetch(new Request(url, { headers: { authorization: "x" } })), me);
  assert.equal(ofRequest.code, "invalid_option");
  // If no browser accepts the request, the error is the browser's.
  assert.equal((await call(tab, me, { method: "GET", body: "x" })).name, "TypeError");
  assert.equal((await call(tab, "http://[")).name, "TypeError");
  assert.deepEqual(api.requests, []);
});

test("who has no session has no request: nobody signed in, and with a backend", needs("interception", "backend"), async (t) => {
  const tab = await open(t);
  await tab.run((config) => app.logOut(config, { redirect: false }), config);
  assert.equal((await call(tab, me)).code, "no_session");
  const withBackend = {
    allowedOrigins: [api.origin],
    worksmart: {
      clientId: worksmart.clientId,
      baseUrl: worksmart.origin,
      redirectUri,
      backend: { exchangeUrl: "/auth/exchange" },
    },
  };
  // Replaces a working backend.
  await tab.page.route("**/auth/exchange", (route) => route.fulfill({ json: { session: { claims: { sub: "ada" } } } }));
  await tab.logIn(withBackend);
  assert.equal((await tab.session(withBackend)).status, "signed-in");
  assert.equal((await ask(tab, (client, url) => client.fetch(url), me, withBackend)).code, "no_session");
  assert.deepEqual(api.requests, []);
});

// ── A refused token ──

test("401 once: one refresh, one more try, and the caller sees what came of that", needs("traffic"), async (t) => {
  const tab = await open(t);
  refuse(tab.token);
  const complaints = [];
  tab.page.on("pageerror", (error) => complaints.push(String(error)));
  assert.equal((await call(tab, me)).status, 200);
  assert.equal(api.requests.length, 2);
  assert.equal(refreshes().length, 1);
  assert.deepEqual(complaints, []);
});

test("401 always: one refresh, one more try, and then the API's own answer", async (t) => {
  const tab = await open(t);
  api.challenge = () => 'Bearer realm="x", error="invalid_token", error_description="no, never"';
  const { status, text } = await call(tab, me);
  assert.deepEqual([status, JSON.parse(text)], [401, { error: "refused" }]);
  assert.equal(api.requests.length, 2);
  assert.equal(refreshes().length, 1);
  assert.equal((await tab.session(config)).status, "signed-in");
});

test("fifty at once are refused: one refresh for all, and each is sent once more", async (t) => {
  const tab = await open(t);
  refuse(tab.token);
  const statuses = await ask(
    tab,
    async (client, url) => (await Promise.all(Array.from({ length: 50 }, () => client.fetch(url)))).map(({ status }) => status),
    me,
  );
  assert.deepEqual(statuses, Array(50).fill(200));
  assert.equal(refreshes().length, 1);
  assert.equal(api.requests.length, 100);
  assert.equal(new Set(authorizations(api)).size, 2);
});

test("the refresh fails: the caller has the API's answer, and the session is as it must be", async (t) => {
  for (const [fault, status] of [
    ["500", "stale"],
    ["400 with OAuth error", "signed-out"],
  ]) {
    const tab = await open(t);
    refuse(tab.token);
    oidc.fault = fault;
    assert.equal((await call(tab, me)).status, 401, fault);
    assert.equal(api.requests.length, 1);
    assert.equal((await tab.session(config)).status, status);
  }
});

test("without a refresh token a 401 is the answer", async (t) => {
  const kept = { ...config, scope: "openid" };
  const tab = await open(t, kept);
  refuse(tab.token);
  const status = await ask(tab, async (client, url) => (await client.fetch(url)).status, me, kept);
  assert.equal(status, 401);
  assert.equal(api.requests.length, 1);
  assert.deepEqual(oidc.tokenRequests(), []);
});

test("another user logs in meanwhile in another tab: the refused request is not sent with their token", needs("cookies"), async (t) => {
  const local = { ...config, tokenStore: "local" };
  const tab = await open(t, local);
  const theirs = await tab.another();
  await theirs.page.context().clearCookies();
  refuse(tab.token);
  let release;
  const free = new Promise((resolve) => (release = resolve));
  api.hold = () => free;
  await tab.evaluate(
    ([config, url]) => void (window.asked = app.client(config).then((client) => client.fetch(url, { method: "POST", body: "Ada's" }))),
    [local, echo],
  );
  await until(() => api.requests.length === 1, "the request");
  await theirs.begin(local, { prompt: "consent" });
  await theirs.answer("Allow", "grace");
  await theirs.handle(local);
  await tab.page.waitForFunction(async (config) => (await app.client(config)).session().claims?.name === "Grace Hopper", local);
  release();
  assert.equal(await tab.evaluate(async () => (await asked).status), 401);
  assert.equal(api.requests.length, 1);
  assert.deepEqual(refreshes(), []);
});

// ── The abort signal ──

/** Begins a request with a signal, and sets `window.aborted` to whether it ended with the signal's own reason. */
const begin = (tab, url) =>
  tab.evaluate(
    ([config, url]) => {
      window.controller = new AbortController();
      window.reason = { why: "enough" };
      window.aborted = app
        .client(config)
        .then((client) => client.fetch(url, { signal: controller.signal }))
        .then(
          (response) => `answered: ${response.status}`,
          (error) => error === window.reason || String(error),
        );
    },
    [config, url],
  );
const abort = (tab) => tab.evaluate(() => (controller.abort(reason), aborted));

test("an aborted signal: its own reason, and nothing goes out", async (t) => {
  const tab = await open(t);
  const [own, usual] = await ask(
    tab,
    async (client, url) => {
      const reason = { why: "before" };
      return [
        await client.fetch(url, { signal: AbortSignal.abort(reason) }).catch((error) => error === reason),
        await client.fetch(new Request(url, { signal: AbortSignal.abort() })).catch(({ name }) => name),
      ];
    },
    me,
  );
  assert.deepEqual([own, usual], [true, "AbortError"]);
  assert.deepEqual(api.requests, []);
});

test("aborted while it waits for a token: at once, and the refresh goes on for others", async (t) => {
  const tab = await open(t);
  let release;
  const free = new Promise((resolve) => (release = resolve));
  oidc.hold = ({ path }) => (path === "/token" ? free : undefined);
  await tab.later(3590);
  await begin(tab, me);
  await until(() => refreshes().length === 1, "the refresh");
  assert.equal(await abort(tab), true);
  release();
  const { value: token } = await tab.evaluate((config) => app.accessToken(config), config);
  assert.notEqual(token, tab.token);
  assert.equal(refreshes().length, 1);
  assert.deepEqual(api.requests, []);
});

test("aborted while the API works", needs("reasons of an abort"), async (t) => {
  const tab = await open(t);
  api.hold = () => new Promise(() => {});
  await begin(tab, me);
  await until(() => api.requests.length === 1, "the request");
  assert.equal(await abort(tab), true);
});

test("aborted while a refused token is renewed", async (t) => {
  const tab = await open(t);
  refuse(tab.token);
  oidc.hold = ({ path }) => (path === "/token" ? new Promise(() => {}) : undefined);
  await begin(tab, me);
  await until(() => refreshes().length === 1, "the refresh");
  assert.equal(await abort(tab), true);
  assert.equal(api.requests.length, 1);
});

test("aborted while the answer comes: the reader has the signal's reason", needs("reasons of an abort"), async (t) => {
  const tab = await open(t);
  const isOwn = await ask(
    tab,
    async (client, url) => {
      const controller = new AbortController();
      const reason = { why: "enough" };
      const reader = (await client.fetch(url, { signal: controller.signal })).body.getReader();
      await reader.read();
      controller.abort(reason);
      return reader.read().catch((error) => error === reason);
    },
    `${api.origin}/api/v1/stream`,
  );
  assert.equal(isOwn, true);
});

// ── Step-up ──

test("an API that wants a better login says so, the login brings it, and the API is content", async (t) => {
  const tab = await open(t);
  // The claim of the ID token that came with an access token.
  const acrOf = (token) => {
    const answers = oidc.answers.filter(({ url }) => url === "/token").map(({ body }) => JSON.parse(body));
    const { id_token: idToken } = answers.find(({ access_token: other }) => other === token);
    return JSON.parse(Buffer.from(idToken.split(".")[1], "base64url")).acr;
  };
  api.challenge = (token) =>
    acrOf(token) !== ACR &&
    `Basic realm="other, \\"login\\"", Bearer error="insufficient_user_authentication", error_description="better, please", acr_values="${ACR}", max_age="0"`;

  const [status, asked, none] = await ask(
    tab,
    async (client, url) => {
      const response = await client.fetch(url);
      return [response.status, client.stepUp(response), client.stepUp(new Response()) === undefined];
    },
    me,
  );
  assert.deepEqual([status, asked, none], [401, { acrValues: ACR, maxAge: 0 }, true]);
  assert.equal(api.requests.length, 1, "no renewed token would help");
  assert.deepEqual(refreshes(), []);

  await tab.leave(
    ([config, url]) =>
      app.outcome(async () => {
        const client = await app.client(config);
        return client.beginLogin({ prompt: "consent", ...client.stepUp(await client.fetch(url)) });
      }),
    [config, me],
  );
  const sent = oidc.requests.find(({ path }) => path === "/auth");
  const parameters = new URLSearchParams(sent.query);
  assert.deepEqual([parameters.get("acr_values"), parameters.get("max_age")], [ACR, "0"]);
  await tab.page.getByLabel("Password").waitFor();
  await tab.answer();
  const { session } = await tab.handle(config);
  assert.equal(session.claims.acr, ACR);
  assert.equal((await call(tab, me)).status, 200);
});
