// The built package against a provider that tells one lie at a time (tests/provider/). Each lie ends in its named error, with
// nobody signed in and no data left behind; an answer that is only unusual is accepted.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { clientId, scope, startProvider } from "../provider/provider.mjs";
import { bundle } from "../servers/bundle.mjs";
import { startPage } from "../servers/page.mjs";
import { launchBrowser, needs } from "./browser.mjs";
import { Tab } from "./tab.mjs";

const directory = fileURLToPath(new URL("page/", import.meta.url));
const page = await startPage({ directory, built: { "/page.js": await bundle(`${directory}page.js`) } });
const redirectUri = `${page.origin}/callback`;
const provider = await startProvider({ redirectUris: [redirectUri] });
page.servers = [provider.origin];
const browser = await launchBrowser();

const outcomes = new Map(); // name of the lie -> [the outcome, whether all checks of it passed]

after(async () => {
  await browser.close();
  await Promise.all([provider.close(), page.close()]);
  report();
});

describe("the provider lies", { concurrency: 4, ...needs("tokens") }, () => {
  for (const lie of provider.lies) {
    const { name, section, about, expect, needs: ability } = lie;
    test(`${name}: ${section}: ${about}: ${expected(lie)}`, needs(...(ability ? [ability] : [])), async (t) => {
      outcomes.set(name, ["not run to its end", false]);
      const context = await browser.newContext();
      t.after(() => context.close());
      const { seen, tab } = await logIn(context, lie);
      outcomes.set(name, [outcome(seen), false]);

      if (expect.accepted) holdsAccepted(lie, seen);
      else holdsRefused(lie, seen);
      await leavesNothingBehind(tab);
      outcomes.set(name, [outcome(seen), true]);
    });
  }
});

test("nobody goes where a redirect or a token's header would lead", () => {
  const strays = provider.strays.map(({ method, url }) => `${method} ${url}`);
  assert.deepEqual(strays, []);
});

/** The whole flow in a tab of its own, up to the step where the lie shows. */
async function logIn(context, { name, when, config: more, options }) {
  await context.addInitScript(() => {
    // The members of an error, in the form in which they are sent to the test.
    window.failure = (error) => {
      const { code, claim, message, hint } = error;
      return { code, claim, message, hint, genuine: app.isWicketgateError(error) };
    };
  });
  const tab = await Tab.open(context, page.origin);
  const issuer = `${provider.origin}/${name}`;
  const config = { clientId, issuer, redirectUri, scope, tokenStore: "memory", ...more };

  // The provider answers at once, so the browser shows only the callback page.
  const back = tab.page.waitForURL(({ pathname, search }) => pathname === "/callback" && search !== "");
  back.catch(() => {}); // after a failure, nobody waits for it
  const begun = tab.evaluate(begin, [config, options]);
  const failed = await Promise.race([
    back,
    begun.then(
      (failed) => failed ?? back,
      // Leaving the page ends the call that runs in it. After any other failure, the browser does not come back.
      () => back,
    ),
  ]);
  if (failed) return { tab, seen: failed };

  await tab.ready();
  return { tab, seen: await tab.evaluate(comeBack, [config, when]) };
}

// The two halves of a login, run in the page. A failure is reported with its step: the steps of a lie's `when`.

async function begin([config, options]) {
  const seen = { step: "connect" };
  try {
    const client = await app.ready(config);
    seen.step = "begin";
    await client.beginLogin(options);
  } catch (error) {
    return { ...seen, error: failure(error) };
  }
}

async function comeBack([config, when]) {
  const seen = { step: "connect" };
  let client;
  try {
    client = await app.client(config);
    seen.step = "login";
    await client.handleCallback();
    seen.claims = client.session().claims;
    if (when === "refresh") {
      seen.step = "refresh";
      const before = await client.accessToken();
      seen.isAnother = (await client.accessToken({ forceRefresh: true })) !== before;
    }
    if (when === "userinfo") {
      seen.step = "userinfo";
      seen.userInfo = await client.userInfo();
    }
  } catch (error) {
    seen.error = failure(error);
  }
  seen.session = client?.session();
  seen.accessToken = await client?.accessToken().then(
    () => "given out",
    ({ code }) => code,
  );
  return seen;
}

function holdsAccepted({ when }, { error, claims, session, accessToken, isAnother, userInfo }) {
  assert.equal(error, undefined, "it is accepted");
  assert.equal(session.status, "signed-in");
  assert.equal(accessToken, "given out");
  assert.match(session.claims?.sub ?? "", /^(ada|a{255})$/, "the claims are those of the ID token");
  if (when === "refresh") {
    assert(isAnother, "the access token is a new one");
    assert.equal(session.claims.sub, claims.sub);
    assert.equal(session.claims.name, "Ada Lovelace", "the claims stay");
  }
  if (when === "userinfo") assert.equal(userInfo.sub, "ada");
}

function holdsRefused({ when, expect }, { step, error, claims, session, accessToken, isAnother, userInfo }) {
  assert(error, "it is refused");
  assert(error.genuine && error.message && error.hint, `not an error of ours: ${JSON.stringify(error)}`);
  assert.deepEqual({ error: error.code, claim: error.claim }, { claim: undefined, ...expect });
  assert.equal(step, when, "and no sooner or later than it shows");
  if (when === "connect") return;
  if (when === "userinfo") {
    // The user is known from the ID token, which is correct.
    assert.equal(session.status, "signed-in");
    assert.deepEqual(session.claims, claims);
    assert.equal(userInfo, undefined);
    return;
  }
  assert.equal(session.status, "signed-out");
  assert.equal(accessToken, "no_session");
  assert.equal(isAnother, undefined);
}

/** Checks that the stores contain no pending transaction, and only the tombstone of a used one and the server's metadata. */
async function leavesNothingBehind(tab) {
  const { session, local } = await tab.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage } }));
  assert.deepEqual(local, {});
  for (const [key, value] of Object.entries(session)) {
    assert.match(key, /^wicketgate\.(tx|metadata)\./);
    if (key.startsWith("wicketgate.tx.")) assert("used_at" in JSON.parse(value), `a pending transaction: ${value}`);
    assert.doesNotMatch(value, /(code|access-token|refresh-token)-[\w-]{32}/, "secrets of the provider's");
  }
}

/** The expected outcome in the lie's file. */
function expected({ expect: { error, claim } }) {
  return error ? words(error, claim) : "accepted";
}

/** The observed outcome. */
function outcome({ error }) {
  return error ? words(error.code ?? "no error of ours", error.claim) : "accepted";
}

function words(code, claim) {
  return claim ? `${code} (${claim})` : code;
}

/** Lie by lie: the observed and the expected outcome. */
function report() {
  const rows = provider.lies.map((lie) => {
    const [seen, isRight] = outcomes.get(lie.name) ?? ["not run", false];
    return [lie.name, lie.when, seen, isRight ? "" : `FAILED; must be: ${expected(lie)}`];
  });
  const right = rows.filter(([, , , failed]) => !failed).length;
  const table = [["lie", "shows at", "outcome", ""], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
  const text = [...lines, "", `${right} of ${rows.length} as they must be`, ""].join("\n");

  const logs = new URL("../../target/test-logs/", import.meta.url);
  mkdirSync(logs, { recursive: true });
  writeFileSync(new URL("lies-browser.txt", logs), text);
  console.log(text);
}
