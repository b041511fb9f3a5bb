// The token endpoint fails. Each failure has its named error, and the client never sends the code a second time.
import assert from "node:assert/strict";
import { after } from "node:test";
import { needs } from "./browser.mjs";
import { startStage, until } from "./stage.mjs";

const stage = await startStage();
after(() => stage.close());

const [openid, worksmart] = stage.ways;

/** Comes back, handles the callback with the fault in place, and then tries everything that a page might try. */
async function fails(t, { server, config }, fault, more) {
  const tab = await stage.open(t);
  const url = await tab.comeBack(config(more));
  server.fault = fault;
  const error = await tab.handle(config(more)).then(
    () => assert.fail("it worked"),
    (error) => error,
  );

  assert.equal(error.retryable, false, "a code that may have been used is not to be tried again");
  const again = await tab.handle(config(more), url).catch((error) => error);
  assert.equal(again.code, error.code, "§2.8 the same URL gives the same outcome");
  server.fault = undefined;
  await tab.visit(url);
  await assert.rejects(tab.handle(config(more)), { code: "transaction_used" });
  assert.equal((await tab.session(config(more))).status, "signed-out");
  assert.equal(server.tokenRequests().length, 1, "§2.5 one attempt for each code, whatever happens");
  return error;
}

const openidFaults = [
  ["down", { code: "network_failed", status: undefined }],
  ["no cors", { code: "network_failed", status: undefined }],
  ["slow", { code: "timed_out", status: undefined }, { requestTimeout: 1 }],
  ["html", { code: "token_response_malformed" }],
  ["not json", { code: "token_response_malformed" }],
  ["500", { code: "token_request_failed", status: 500, oauth: undefined }],
  [
    "400 with OAuth error",
    { code: "token_request_failed", status: 400, oauth: { error: "invalid_grant", error_description: "no longer" } },
  ],
];

for (const [fault, expected, more] of openidFaults) {
  openid.test(`OpenID: §3 token endpoint ${fault}: ${expected.code}, and the code is sent once`, async (t) => {
    const error = await fails(t, openid, fault, more);
    for (const [member, value] of Object.entries(expected)) assert.deepEqual(error[member], value, member);
  });
}

openid.test("OpenID: §3 the hint of a request that failed names what is likely, CORS among it", async (t) => {
  const { hint } = await fails(t, openid, "no cors");
  assert.match(hint, /CORS/);
});

const backendFaults = ["down", "html", "not json", "500", "400 with OAuth error"];

for (const fault of backendFaults) {
  worksmart.test(`WorkSmart: §3 token endpoint ${fault}: backend_failed with its status, and the code is sent once`, async (t) => {
    const { code, status } = await fails(t, worksmart, fault);
    assert.equal(code, "backend_failed");
    assert(status >= 400 && status < 600, `status ${status}`);
  });
}

worksmart.test("WorkSmart: §3 token endpoint slow: timed_out after requestTimeout", async (t) => {
  const { code } = await fails(t, worksmart, "slow", { requestTimeout: 1 });
  assert.equal(code, "timed_out");
});

worksmart.test("WorkSmart: §3 the backend's OAuth error reaches the page", async (t) => {
  const { oauth } = await fails(t, worksmart, "400 with OAuth error");
  assert.equal(oauth?.error, "invalid_grant");
});

const brokenBackends = [
  [
    "behind a gateway that cannot reach it",
    (route) => route.fulfill({ status: 502, body: "Bad Gateway" }),
    { code: "backend_failed", status: 502 },
  ],
  ["unreachable", (route) => route.abort("connectionrefused"), { code: "network_failed" }],
  [
    "redirecting",
    (route) => route.fulfill({ status: 307, headers: { location: "/elsewhere" } }),
    { code: "network_failed" },
  ],
  [
    "answering something else than JSON",
    (route) => route.fulfill({ status: 200, body: "<p>hello" }),
    { code: "backend_failed", status: 200 },
  ],
];

for (const [state, answer, expected] of brokenBackends) {
  worksmart.test(`WorkSmart: §3 the backend is ${state}: ${expected.code}`, needs("interception"), async (t) => {
    const tab = await stage.open(t);
    await tab.comeBack(worksmart.config());
    let handOffs = 0;
    await tab.page.route("**/auth/exchange", (route) => (handOffs++, answer(route)));
    await assert.rejects(tab.handle(worksmart.config()), expected);
    assert.equal(handOffs, 1);
    assert.equal((await tab.session(worksmart.config())).status, "signed-out");
  });
}

openid.test("OpenID: §2.5 the login is used up before the code goes out", async (t) => {
  const tab = await stage.open(t);
  await tab.comeBack(openid.config());
  stage.oidc.fault = "slow";
  // The stage's end ends the call that runs in the page.
  tab.evaluate((config) => void app.handle(config), openid.config()).catch(() => {});
  await until(() => stage.oidc.tokenRequests().length === 1, "the code goes out");
  const left = JSON.stringify(await tab.transactions());
  const [, verifier] = /code_verifier=([^&]+)/.exec(stage.oidc.tokenRequests()[0].body);
  assert(!left.includes(verifier), "what redeemed it is not there any more");
});
