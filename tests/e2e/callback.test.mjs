// Callbacks that fail: a response that is another service's, outdated, incomplete or forbidden ends in a named error, and the
// client does not send the code.
import assert from "node:assert/strict";
import { after } from "node:test";
import { startStage } from "./stage.mjs";
import { parameter, withParameters } from "./tab.mjs";

const stage = await startStage();
after(() => stage.close());

const [openid] = stage.ways;

/** Begins a login, and opens the callback with the response that `change` makes of the server's. No server is needed. */
async function comeBackWith(tab, config, change) {
  const url = await tab.run((config) => app.outcome(async () => (await app.client(config)).pushed()), config);
  const parameters = new URLSearchParams({ code: "a-code-that-nobody-issued", state: parameter(url, "state") });
  if (config.issuer) parameters.set("iss", config.issuer);
  const callback = change(`${stage.redirectUri}?${parameters}`);
  await tab.visit(callback);
  return callback;
}

for (const { name, server, config, test } of stage.ways) {
  /** For each invalid response: the error is named, the URL is clean, and no code is redeemed. */
  const refuses = (title, code, change, isResponse = true) =>
    test(`${name}: ${title}: ${code}`, async (t) => {
      const tab = await stage.open(t);
      await comeBackWith(tab, config(), change);
      await assert.rejects(tab.handle(config()), { code });
      assert.equal(server.tokenRequests().length, 0, "no code goes out");
      assert.equal((await tab.session(config())).status, "signed-out");
      // A `code` alone, or one with a `state` in another form than this client's, may be the app's own: it stays.
      if (isResponse) assert.equal(tab.url, stage.redirectUri, "§2.3 a failure cleans the URL too");
    });

  test(`${name}: §2.7 the user denies: authorization_failed with what the server said`, async (t) => {
    const tab = await stage.open(t);
    await tab.begin(config());
    await tab.answer("Deny");
    const failure = await tab.handle(config()).catch((error) => error);
    assert.equal(failure.code, "authorization_failed");
    assert.equal(failure.oauth.error, "access_denied");
    assert.equal(failure.retryable, false);
    assert.equal(tab.url, stage.redirectUri);
    assert.equal(server.tokenRequests().length, 0);

    await tab.visit("/");
    assert.equal((await tab.logIn(config())).session.status, "signed-in", "another try works");
  });

  refuses("§2.4 a foreign state", "transaction_not_found", (url) => withParameters(url, { state: "A".repeat(43) }));
  refuses("§2.2 a missing state", "callback_malformed", (url) => withParameters(url, { state: undefined }), false);
  refuses("§2.2 an empty state", "callback_malformed", (url) => withParameters(url, { state: "" }), false);
  refuses(
    "§2.2 neither code nor error",
    "callback_malformed",
    (url) => withParameters(url, { code: undefined }),
    false,
  );
  refuses("§2.2 both code and error", "callback_malformed", (url) => `${url}&error=access_denied`);
  refuses("§2.2 an empty code", "callback_malformed", (url) => withParameters(url, { code: "" }));
  for (const repeated of ["code", "state"]) {
    const twice = (url) => `${url}&${repeated}=${parameter(url, repeated)}`;
    refuses(`§2.2 ${repeated} twice, even with the same value`, "callback_malformed", twice);
  }
  refuses(
    "§2.2 error_description twice",
    "callback_malformed",
    (url) => `${withParameters(url, { code: undefined })}&error=x&error_description=a&error_description=b`,
  );
  refuses("§2.2 invalid percent-encoding in the code", "callback_malformed", (url) => url.replace("code=", "code=%zz"));
  refuses("§2.2 invalid UTF-8 in the state", "callback_malformed", (url) => url.replace("state=", "state=%ff%fe"), false);
  refuses(
    "§2.4 an error is not believed before its state",
    "transaction_not_found",
    () => `${stage.redirectUri}?error=access_denied&error_description=lies&state=${"B".repeat(42)}A`,
  );
  refuses("§2.6 a wrong iss", "issuer_mismatch", (url) => withParameters(url, { iss: "https://evil.example" }));
  refuses("§2.6 a wrong iss beside an error, which is then not believed", "issuer_mismatch", (url) =>
    withParameters(url, { code: undefined, iss: "https://evil.example", error: "access_denied" }),
  );

  test(`${name}: §2.4 an expired login: transaction_expired`, async (t) => {
    const tab = await stage.open(t);
    await comeBackWith(tab, config(), (url) => url);
    await tab.later(601);
    await assert.rejects(tab.handle(config()), { code: "transaction_expired" });
    assert.equal(server.tokenRequests().length, 0);
  });

  test(`${name}: transactionLifetime says how long a login may take`, async (t) => {
    const tab = await stage.open(t);
    const patient = config({ transactionLifetime: 3600 });
    await tab.comeBack(patient);
    await tab.later(601);
    assert.equal((await tab.handle(patient)).session.status, "signed-in");
  });

  test(`${name}: §2.4 a login begun under another sessionBinding: transaction_foreign`, async (t) => {
    const tab = await stage.open(t);
    await comeBackWith(tab, config({ sessionBinding: "ada's session" }), (url) => url);
    await assert.rejects(tab.handle(config({ sessionBinding: "grace's session" })), { code: "transaction_foreign" });
    assert.equal(server.tokenRequests().length, 0);
  });

  test(`${name}: §7 a stored transaction that is garbage is a login that was never begun`, async (t) => {
    const tab = await stage.open(t);
    for (const garbage of ["", "{", "null", "[]", '"text"', "{}", '{"state":7}']) {
      await comeBackWith(tab, config(), (url) => url);
      await tab.evaluate((garbage) => {
        for (const key of Object.keys(sessionStorage)) {
          if (key.startsWith("wicketgate.tx.")) sessionStorage.setItem(key, garbage);
        }
      }, garbage);
      await assert.rejects(tab.handle(config()), { code: "transaction_not_found" }, garbage);
      assert.equal(server.tokenRequests().length, 0);
    }
  });

  test(`${name}: §2.5 a login that failed once cannot be used again`, async (t) => {
    const tab = await stage.open(t);
    const url = await comeBackWith(tab, config(), (url) => withParameters(url, { iss: "https://evil.example" }));
    await assert.rejects(tab.handle(config()), { code: "issuer_mismatch" });
    await tab.visit(withParameters(url, { iss: config().issuer }));
    await assert.rejects(tab.handle(config()), { code: "transaction_used" });
    assert.equal(server.tokenRequests().length, 0);
  });
}

openid.test("OpenID: §2.6 the provider says it sends iss, and it is missing: issuer_mismatch", async (t) => {
  const tab = await stage.open(t);
  await comeBackWith(tab, openid.config(), (url) => withParameters(url, { iss: undefined }));
  await assert.rejects(tab.handle(openid.config()), { code: "issuer_mismatch" });
  assert.equal(stage.oidc.tokenRequests().length, 0);
});

openid.test("OpenID: §2.2 iss twice: callback_malformed", async (t) => {
  const tab = await stage.open(t);
  const url = await comeBackWith(tab, openid.config(), (url) => `${url}&iss=${encodeURIComponent(stage.oidc.issuer)}`);
  assert.equal(new URL(url).searchParams.getAll("iss").length, 2);
  await assert.rejects(tab.handle(openid.config()), { code: "callback_malformed" });
});

openid.test("§2.1 a callback URL with another path than the redirect URI's is refused", async (t) => {
  const tab = await stage.open(t);
  const url = new URL(await comeBackWith(tab, openid.config(), (url) => url));
  url.pathname = "/elsewhere";
  await assert.rejects(tab.handle(openid.config(), url.href), (error) => error.name === "WicketgateError");
  assert.equal(stage.oidc.tokenRequests().length, 0);
});

openid.test("§2.7 what the server says is capped and free of control characters", async (t) => {
  const tab = await stage.open(t);
  const long = `bell\u0007${"d".repeat(5000)}`;
  await comeBackWith(tab, openid.config(), (url) =>
    withParameters(url, {
      code: undefined,
      error: "server_error",
      error_description: long,
      error_uri: "https://a.example/",
    }),
  );
  const { code, message, oauth } = await tab.handle(openid.config()).catch((error) => error);
  assert.equal(code, "authorization_failed");
  assert.equal(oauth.error, "server_error");
  assert.equal(oauth.error_uri, "https://a.example/");
  assert(oauth.error_description.length <= 1024);
  assert(!oauth.error_description.includes("\u0007"));
  assert(!message.includes("ddd"), "the sentence is ours, not the server's");
});
