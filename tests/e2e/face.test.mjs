// The values that the package returns: real errors, frozen snapshots, and stable promises. The module answers with texts, and
// these tests check what its wrapper makes of them. They need no real server: `window.fetch` is a stub, and answers as a test
// says.
import assert from "node:assert/strict";
import { after } from "node:test";
import { needs, testThatNeeds } from "./browser.mjs";
import { startStage } from "./stage.mjs";

const test = testThatNeeds("tokens");

const stage = await startStage();
after(() => stage.close());

const tokens = { access_token: "at", token_type: "bearer", expires_in: 60, scope: "s" };

/** A tab with the calls that these tests repeat. */
async function open(t) {
  const tab = await stage.open(t);
  await tab.evaluate(() => {
    const endpoint = (path) => `https://as.example/${path}`;
    window.face = {
      config: (clientId, more) => ({
        clientId,
        metadata: { issuer: "https://as.example", authorization_endpoint: endpoint("authorize"), token_endpoint: endpoint("token") },
        ...more,
      }),
      /** A client that has loaded everything it needs. */
      async ready(config) {
        const client = await app.createClient(config);
        await client.load();
        return client;
      },
      client: (clientId, more) => face.ready(face.config(clientId, more)),

      /** The callback of a login that `client` begins now. */
      callback(client, query) {
        const url = client.authorizationUrl({ returnTo: "/there", appState: JSON.parse('{"__proto__":{"a":1}}') });
        return `${location.origin}/callback?${query}&state=${new URL(url).searchParams.get("state")}`;
      },

      /** Makes the server answer every request with this text. */
      answer(status, body) {
        face.requests = 0;
        window.fetch = async () => {
          face.requests++;
          return new Response(body, { status, headers: { "content-type": "application/json" } });
        };
      },

      /** The visible members of the error that `work` ends in. */
      async error(work) {
        const error = await new Promise((resolve) => resolve(work())).then(() => new Error("none"), (error) => error);
        return {
          ...error,
          message: error.message,
          isError: error instanceof Error && Object.getPrototypeOf(error) === Error.prototype,
          isOurs: app.isWicketgateError(error),
          isMessageHidden: !Object.keys(error).includes("message"),
          hasStack: typeof error.stack === "string" && error.stack.length > 0,
          isPlainOauth: !error.oauth || Object.getPrototypeOf(error.oauth) === Object.prototype,
        };
      },
    };
  });
  return tab;
}

/** Checks a `WicketgateError` of the contract: a real `Error`, with the promised members and no others. */
function checkError(seen, code, retryable = false, more = {}) {
  const { message, summary, hint, found, expected, ...others } = seen;
  assert.equal(message, `${summary} ${hint} [${code}]`);
  assert.match(summary, /^\w.*[.?]$/);
  assert.match(hint, /^[A-Z].*\.$/);
  for (const value of [found, expected]) assert(value === undefined || (value.length > 0 && value.length <= 256));
  const genuine = { isError: true, isOurs: true, isMessageHidden: true, hasStack: true, isPlainOauth: true };
  assert.deepEqual(others, { name: "WicketgateError", code, retryable, ...genuine, ...more });
}

for (const [what, issuer] of Object.entries({ "a symbol": "Symbol()", "a number": "7", "an object": "({})", "null": "null" })) {
  test(`the first call of a page with ${what} as issuer: invalid_config, and nobody is asked`, async (t) => {
    const tab = await open(t);
    // Before the module is loaded, the wrapper checks it.
    const trying = new Function(`face.answer(500, ""); return face.error(() => face.ready({ clientId: "a", issuer: ${issuer} }));`);
    checkError(await tab.evaluate(trying), "invalid_config");
    assert.equal(await tab.evaluate(() => face.requests), 0);
  });
}

test("errors are real errors, with the members of the contract and no others", async (t) => {
  const tab = await open(t);
  const error = (work) => tab.evaluate(work);
  checkError(await error(() => face.error(() => face.ready({}))), "invalid_config");
  checkError(await error(() => face.error(() => face.ready())), "invalid_config");
  checkError(await error(() => face.error(() => face.client("a", { tokenStore: "worker" }))), "unsupported_environment");
  const unreachable = () =>
    face.error(() => {
      window.fetch = async () => Promise.reject(new TypeError("Failed to fetch"));
      return face.ready({ clientId: "a", issuer: "https://unreachable.example" });
    });
  checkError(await error(unreachable), "network_failed", true);

  const refused = await error(async () => {
    const client = await face.client("refused");
    const url = face.callback(client, "error=access_denied&error_description=a%0Ab&iss=https://as.example");
    return face.error(() => client.handleCallback(url));
  });
  checkError(refused, "authorization_failed", false, {
    oauth: { error: "access_denied", error_description: "ab" },
    verified: true,
    returnTo: "/there",
  });
  assert(!refused.message.includes("ab"));

  const unredeemed = await error(async () => {
    const client = await face.client("unredeemed");
    face.answer(400, '{"error":"invalid_grant"}');
    return face.error(() => client.handleCallback(face.callback(client, "code=ABC")));
  });
  checkError(unredeemed, "token_request_failed", false, { status: 400, oauth: { error: "invalid_grant" }, returnTo: "/there" });
});

test("a call that answers at once throws its error, one that takes its time rejects with it", async (t) => {
  const tab = await open(t);
  const outcomes = await tab.evaluate(async () => {
    const client = await face.client("throws");
    const calls = {
      authorizationUrl: () => client.authorizationUrl({ returnTo: "//evil.example" }),
      "authorizationUrl of what is no object": () => client.authorizationUrl(null),
      beginLogin: () => client.beginLogin({ x: 1 }),
      logout: () => client.logout({ redirect: 1 }),
      accessToken: () => client.accessToken(),
      "accessToken with an option that is none": () => client.accessToken({ x: 1 }),
      userInfo: () => client.userInfo(),
      handleCallback: () => client.handleCallback("https://["),
    };
    const outcome = async (call) => {
      let promise;
      try {
        promise = call();
      } catch (error) {
        return { isAtOnce: true, ...(await face.error(() => Promise.reject(error))) };
      }
      return { isAtOnce: false, ...(await face.error(() => promise)) };
    };
    return Promise.all(Object.entries(calls).map(async ([name, call]) => [name, await outcome(call)]));
  });
  const codes = {
    authorizationUrl: "invalid_option",
    "authorizationUrl of what is no object": "invalid_option",
    beginLogin: "invalid_option",
    logout: "invalid_option",
    accessToken: "no_session",
    "accessToken with an option that is none": "invalid_option",
    userInfo: "invalid_metadata",
    handleCallback: "callback_malformed",
  };
  assert.equal(outcomes.length, 8);
  for (const [name, { isAtOnce, ...error }] of outcomes) {
    checkError(error, codes[name]);
    assert.equal(isAtOnce, name.startsWith("authorizationUrl"), name);
  }
});

test("the session is one frozen object until it changes", async (t) => {
  const tab = await open(t);
  const seen = await tab.evaluate(async (tokens) => {
    const client = await face.client("snapshot");
    const before = client.session();
    const isSameBefore = before === client.session();
    face.answer(200, tokens);
    const result = await client.handleCallback(face.callback(client, "code=ABC"));
    const after = client.session();
    const { expiresAt, ...rest } = after;
    const seen = {
      isSameBefore,
      isSameAfter: after === client.session(),
      isAnother: after !== before,
      isThatOfTheResult: result.session === after,
      areFrozen: [before, after, result].map(Object.isFrozen),
      before: { ...before },
      after: rest,
      lifetime: expiresAt - Date.now() / 1000,
      token: await client.accessToken(),
    };
    await client.logout();
    return { ...seen, end: client.session(), isAnotherAgain: client.session() !== after };
  }, JSON.stringify(tokens));
  const { lifetime, ...others } = seen;
  assert(Math.abs(lifetime - 60) < 10, `${lifetime} s`);
  assert.deepEqual(others, {
    isSameBefore: true,
    isSameAfter: true,
    isAnother: true,
    isThatOfTheResult: true,
    areFrozen: [true, true, true],
    before: { status: "signed-out" },
    after: { status: "signed-in", tokenType: "Bearer", scope: "s" },
    token: "at",
    end: { status: "signed-out", endedBy: "logout" },
    isAnotherAgain: true,
  });
});

test("listeners: each hears of each change once, whatever another one throws", needs("traffic"), async (t) => {
  const tab = await open(t);
  const uncaught = [];
  tab.page.on("pageerror", (error) => uncaught.push(error.message));
  const heard = await tab.evaluate(async (tokens) => {
    const client = await face.client("heard");
    const heard = [];
    const hear = (name) => (session) => {
      heard.push(`${name}: ${session.status}${session === client.session() ? "" : ", of another session"}`);
      if (name === "a") throw new Error("mine");
    };
    const unsubscribe = client.subscribe(hear("a"));
    const unsubscribeOther = client.subscribe(hear("b"));
    face.answer(200, tokens);
    await client.handleCallback(face.callback(client, "code=ABC"));
    unsubscribe();
    unsubscribe();
    await client.logout();
    unsubscribeOther();
    await client.handleCallback(face.callback(client, "code=DEF"));
    // The thrown error is reported one turn later.
    await new Promise((resolve) => setTimeout(resolve));
    return heard;
  }, JSON.stringify(tokens));
  assert.deepEqual(heard, ["a: signed-in", "b: signed-in", "b: signed-out"]);
  assert.deepEqual(uncaught, ["mine"]);
});

test("a session that ends before its result is delivered is in the result all the same", async (t) => {
  const tab = await open(t);
  const seen = await tab.evaluate(async (tokens) => {
    const client = await face.client("ended", { tokenStore: "memory" });
    const unsubscribe = client.subscribe(async ({ status }) => {
      // One turn of promises later, like an app that awaits something.
      await null;
      if (status === "signed-in") await client.logout();
    });
    face.answer(200, tokens);
    const { session } = await client.handleCallback(face.callback(client, "code=ABC"));
    unsubscribe();
    return { begun: session.status, isFrozen: Object.isFrozen(session), now: client.session().status };
  }, JSON.stringify(tokens));
  assert.deepEqual(seen, { begun: "signed-in", isFrozen: true, now: "signed-out" });
});

test("one callback, one promise, one request", async (t) => {
  const tab = await open(t);
  const seen = await tab.evaluate(async (tokens) => {
    const client = await face.client("once");
    face.answer(200, tokens);
    const url = face.callback(client, "code=ABC");
    const first = client.handleCallback(url);
    const isSame = [first === client.handleCallback(url), first === client.handleCallback(new URL(url))];
    const result = await first;
    const again = client.handleCallback(url);
    isSame.push(first === again, result === (await again));
    const once = face.requests;

    const other = client.handleCallback(face.callback(client, "code=DEF"));
    const isOther = other !== first;
    await other;
    const twice = face.requests;

    // By the page's own URL, which changes as soon as it is cleaned; and by another client of the same session.
    history.replaceState(null, "", face.callback(client, "x=1&code=GHI"));
    const ofPage = client.handleCallback();
    isSame.push(ofPage === client.handleCallback(), location.search === "?x=1");
    const another = await (await face.client("once")).handleCallback();
    isSame.push(another.session === (await ofPage).session || another.session.status === "signed-in");
    const { session, ...others } = result;
    return { isSame, isOther, once, twice, thrice: face.requests, isFrozen: Object.isFrozen(result), members: Object.keys(others), returnTo: result.returnTo };
  }, JSON.stringify({ access_token: "at", token_type: "Bearer" }));
  assert.deepEqual(seen, {
    isSame: Array(7).fill(true),
    isOther: true,
    once: 1,
    twice: 2,
    thrice: 3,
    isFrozen: true,
    members: ["returnTo", "appState"],
    returnTo: "/there",
  });
});

test("what is refused is refused by the same promise, too", async (t) => {
  const tab = await open(t);
  const seen = await tab.evaluate(async () => {
    const client = await face.client("refused-once");
    face.answer(400, '{"error":"invalid_grant"}');
    const url = face.callback(client, "code=ABC");
    const first = client.handleCallback(url);
    const [one, other] = await Promise.all([first, client.handleCallback(url)].map((promise) => promise.catch((error) => error)));
    return [first === client.handleCallback(url), one === other, one.code, face.requests];
  });
  assert.deepEqual(seen, [true, true, "token_request_failed", 1]);
});

test("what comes from outside has no say in prototypes", needs("backend"), async (t) => {
  const tab = await open(t);
  const seen = await tab.evaluate(async () => {
    const backend = { exchangeUrl: "/exchange" };
    const client = await face.client("proto", { pkce: "off", issuer: "https://as.example", backend });
    const claims = '{"sub":"s","__proto__":{"admin":true},"constructor":1,"toString":2}';
    face.answer(200, `{"__proto__":{"admin":true},"session":{"claims":${claims}}}`);
    const result = await client.handleCallback(face.callback(client, "code=ABC"));
    const isPlain = (value) => Object.hasOwn(value, "__proto__") && Object.getPrototypeOf(value) === Object.prototype;
    const metadata = JSON.parse(
      '{"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t","__proto__":{"polluted":1},"x":{"y":[1.50,null,"é"]}}',
    );
    const described = await face.ready({ clientId: "metadata", metadata });
    return {
      arePlain: [result.backend, result.appState, result.session.claims, described.metadata].map(isPlain),
      areUnpolluted: [result.backend.admin, result.appState.a, result.session.claims.admin, described.metadata.polluted, {}.admin].every(
        (value) => value === undefined,
      ),
      areFrozen: [result, result.session, result.session.claims, described.metadata].map(Object.isFrozen),
      isThatOfTheClient: result.session === client.session(),
      claims: [result.session.claims.constructor, result.session.claims.sub],
      x: described.metadata.x,
    };
  });
  assert.deepEqual(seen, {
    arePlain: [true, true, true, true],
    areUnpolluted: true,
    areFrozen: [true, true, true, true],
    isThatOfTheClient: true,
    claims: [1, "s"],
    x: { y: [1.5, null, "é"] },
  });
});
