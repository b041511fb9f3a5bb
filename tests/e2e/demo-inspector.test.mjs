// The demo's flow inspector: what it shows, what it never shows, and the outcome of each lie.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { addressOf, checks } from "../../www/inspector/checks.js";
import { lies } from "../../www/inspector/lies.js";
import { fakeProvider } from "../servers/testing.mjs";
import { launchBrowser, needs } from "./browser.mjs";
import { devices, logInAs, open as openPage, screenshots, startDemo, unexpected } from "./demo.mjs";

const demo = await startDemo({ PORT: "0" });
const browser = await launchBrowser();
after(async () => {
  await browser.close();
  await demo.end("SIGTERM");
});
const open = (t, options = devices.light) => {
  // The server tells one lie at a time, for all pages.
  t.after(() => fetch(`${demo.origin}/break`, { method: "POST", body: "{}" }));
  return openPage(t, { demo, browser }, options);
};

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const all = lies.flatMap(([, some]) => some);

test("inspector: a login is shown step by step, with every check passed", async (t) => {
  const { page, heard } = await open(t);
  await choose(page, "OpenID Connect");
  await page.getByRole("button", { name: "Log in" }).click();
  await logInAs(page, "ada");
  await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
  await step(page, "Session: signed-in").waitFor();
  const shown = await steps(page);
  const order = ["Backend", "Server metadata", "Authorization request", "Authorization response", "Token request", "ID token", "Session: signed-in"];
  assert.deepEqual(shown.map(({ title }) => title).filter((title) => title !== "The server’s keys"), order);
  assert(shown.some(({ title }) => title === "The server’s keys"));
  const made = shown.flatMap(({ title, checks }) => checks.map(({ text, state }) => [title, text, state]));
  assert.deepEqual(made.filter(([, , state]) => state !== "passed"), []);
  for (const text of ["iss is the server that was asked", "The verifier proves who began the login", "nonce is the one that was sent"]) {
    assert(made.some(([, shown]) => shown.includes(text)), text);
  }
  assert.deepEqual(unexpected(heard), []);
});

test("inspector: with a backend it shows the hand-off, and that no token has come to the page", async (t) => {
  const { page } = await open(t);
  await choose(page, "WorkSmart");
  await page.getByRole("button", { name: "Log in" }).click();
  await logInAs(page, "ada");
  await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
  const handOff = (await steps(page)).find(({ title }) => title === "Hand-off to the backend");
  assert(handOff.checks.some(({ text, state }) => text.includes("No token has come to the page") && state === "passed"));
  assert.deepEqual(handOff.checks.filter(({ state }) => state !== "passed"), []);
});

test("inspector: no secret stands in the page, or in what it keeps, in full", async (t) => {
  const { page } = await open(t);
  const secrets = listenForSecrets(page);
  await logInAtBreakable(page);
  await page.getByRole("button", { name: "Renew" }).click();
  await step(page, "Refreshed ID token").waitFor();
  await page.getByRole("button", { name: "User info" }).click();
  await step(page, "UserInfo").waitFor();
  const found = await secrets();
  for (const name of ["code", "state", "nonce", "code_verifier", "access_token", "refresh_token", "id_token"]) assert(found.has(name), name);
  const left = await page.evaluate(() => document.documentElement.outerHTML + JSON.stringify({ ...sessionStorage, ...localStorage }));
  // The library keeps its own data about a login only until the code is redeemed: here they are gone.
  for (const [name, values] of found) for (const value of values) if (name !== "state") assert(!left.includes(value), name);
  const seen = await page.evaluate(() => document.documentElement.outerHTML + sessionStorage.inspector);
  for (const value of found.get("state")) assert(!seen.includes(value), "state");
});

for (const lie of all) {
  test(`inspector: "${lie.name}" at ${lie.at} ends in ${lie.code}`, async (t) => {
    const { page } = await open(t);
    await tell(page, lie);
    await see(page, lie);
    const shown = await steps(page);
    const outcome = shown.findLast(({ line }) => line === lie.code);
    assert.equal(outcome.tone, "bad");
    if (lie.code === "network_failed") {
      assert.deepEqual(shown.flatMap(({ checks }) => checks).filter(({ state }) => state === "refused"), [], "no check refused anything");
      assert(shown.some(({ status }) => status === "no answer"));
    } else {
      const refused = shown.flatMap(({ title, checks }) => checks.filter(({ state }) => state === "refused").map(({ text }) => [title, text]));
      // The refused message names the check that refused it, and so does the outcome.
      assert.equal(refused.length, 2, refused.join());
      assert.equal(refused[1][0], "Refused");
      for (const [, text] of refused) assert(text.includes(refusedBy[`${lie.name} at ${lie.at}`]), text);
    }
    // Words for users: no member of an error, and no advice to developers.
    const told = await page.getByRole("alert").innerText();
    assert.doesNotMatch(told, /oauth\.|redirect URI|Content-Security-Policy|clock, issuer/);
    assert.match(told, /\w.*\.\n/);
  });
}

const refusedBy = {
  "wrong signature at token": "A key of this server has signed it",
  "iss mix-up at authorization": "iss is the server that was asked",
  "unknown state at authorization": "state is of a login that this tab began",
  "wrong nonce at token": "nonce is the one that was sent",
  "wrong audience at token": "aud is this app",
  "expired at token": "exp is not past",
  "rotation race at refresh": "The server accepts the refresh token",
  "wrong subject at refresh": "sub is the one of the login",
  "wrong subject at userinfo": "sub is the one of the ID token",
};

test("inspector: a lost network leaves the session stale, and it recovers by itself", async (t) => {
  const { page } = await open(t);
  await tell(page, all.find(({ name, at }) => name === "network loss" && at === "refresh"));
  await see(page, { at: "refresh", code: "network_failed" });
  await step(page, "Session: stale").waitFor();
  await tell(page, undefined);
  await page.waitForFunction(() => document.querySelector("#status").textContent.startsWith("Signed in at"));
  const shown = await steps(page);
  assert.deepEqual(shown.at(-1).title, "Session: signed-in");
  const refresh = shown.findLast(({ title }) => title === "Refresh");
  assert.deepEqual(refresh.checks.filter(({ state }) => state !== "passed"), []);
});

// The inspector says that the checks before the failed one were passed, so their order must be the client's.
test("inspector: the checks of an ID token stand in the order in which the client makes them", async (t) => {
  const wrong = {
    signature: { signature: ([first, ...rest]) => new Uint8Array([first ^ 1, ...rest]) },
    iss: claiming(() => ({ iss: "https://another-server.test" })),
    aud: claiming(() => ({ aud: "another-app" })),
    exp: claiming(({ iat }) => ({ exp: iat - 3600 })),
    iat: claiming(({ iat }) => ({ iat: iat + 3600, exp: iat + 7200 })),
    nonce: claiming(() => ({ nonce: "another" })),
    sub: claiming(() => ({ sub: "" })),
    at_hash: claiming(() => ({ at_hash: "another" })),
  };
  const names = checks.idToken.map(({ id }) => id);
  assert.deepEqual(names, Object.keys(wrong));
  for (const [index, name] of names.slice(0, -1).entries()) {
    const next = names[index + 1];
    // A token cannot be expired and issued in the future at the same time. So for `exp`, the second flaw shifts `iat` alone.
    const flaws = name === "exp" ? [wrong.exp, claiming(({ iat }) => ({ iat: iat + 3600 }))] : [wrong[name], wrong[next]];
    const shown = await refusedLogin(t, both(...flaws));
    const token = shown.find(({ title }) => title === "ID token");
    const states = Object.fromEntries(token.checks.map(({ id, state }) => [id, state]));
    assert.deepEqual(states, Object.fromEntries(names.map((other, place) => [other, place < index ? "passed" : place === index ? "refused" : "not made"])), `${name} and ${next}`);
  }
});

test("inspector: the checks of a response stand in the order in which the client makes them", async (t) => {
  const unknown = "A".repeat(43);
  const address = (query) => `${demo.origin}/callback/breakable?${query}`;
  const refused = async (query) => {
    const { page } = await open(t);
    await page.goto(address(query));
    await page.getByRole("alert").getByText(/_/).waitFor();
    const { checks } = (await steps(page)).find(({ title }) => title === "Authorization response");
    return Object.fromEntries(checks.map(({ id, state }) => [id, state]));
  };
  const twice = await refused(`code=a&code=b&state=${unknown}`);
  assert.deepEqual(twice, { form: "refused", transaction: "not made", place: "not made" });
  const foreign = await refused(`code=a&state=${unknown}&iss=https%3A%2F%2Fanother-server.test`);
  assert.deepEqual(foreign, { form: "passed", transaction: "refused", place: "not made", issuer: "not made" });
  const shown = await refusedLogin(t, {
    authorizationResponse: ({ state }) => ({ state, error: "access_denied", iss: "https://another-server.test" }),
  });
  const response = shown.find(({ title }) => title === "Authorization response");
  const states = Object.fromEntries(response.checks.map(({ id, state }) => [id, state]));
  assert.deepEqual(states, { form: "passed", transaction: "passed", place: "passed", issuer: "refused", error: "not made" });
});

test("inspector: each check is a rule, or a demand that the protocol's source cites", async () => {
  const rules = await readFile(new URL("../../docs/design/rules.md", import.meta.url), "utf8");
  const folder = new URL("../../src/protocol/", import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith(".rs"));
  const source = (await Promise.all(files.map((name) => readFile(new URL(name, folder), "utf8")))).join("\n").replaceAll("OpenID Connect Core", "OIDC Core");
  for (const { section, rule, text } of Object.values(checks).flat()) {
    const [, standard, number = ""] = /^(.*?)(?: §([\d.]+))?(?: \(\d+\))?$/.exec(section);
    // A section counts as cited if it is a part of a cited one.
    const cites = (words) => words.includes(standard) && (!number || [...words.matchAll(/(?:§|\()([\d.]+)/g)].some(([, cited]) => `${number}.`.startsWith(`${cited.replace(/\.$/, "")}.`)));
    const cited = rule === undefined ? source : new RegExp(`^\\| \\*\\*${rule}\\*\\*: .*? \\| (.*?) \\|`, "m").exec(rules)?.[1];
    assert(cited && cites(cited), `${text}: ${section} is not of the rule ${rule}`);
    assert.match(addressOf(section), /^https:\/\/(www\.rfc-editor\.org\/rfc\/rfc\d+(#section-[\d.]+)?|openid\.net\/specs\/[\w-]+\.html#\w+)$/, section);
  }
});

test("inspector: two tabs share a session, one refresh and one logout", async (t) => {
  const { page: first } = await open(t);
  await first.getByRole("combobox", { name: "Tokens" }).selectOption("local");
  await first.getByRole("button", { name: "Log in" }).waitFor();
  await logInAtBreakable(first);
  const opened = first.context().waitForEvent("page");
  await first.getByRole("link", { name: "Second tab" }).click();
  const second = await opened;
  second.setDefaultTimeout(10_000);
  await second.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
  const asked = [];
  second.on("request", (request) => request.method() === "POST" && asked.push(request.url()));
  const time = await second.locator("#expires").textContent();
  await second.waitForFunction((from) => Date.now() > from + 1000, Date.now());
  await first.getByRole("button", { name: "Renew" }).click();
  await step(second, "Another tab: Refresh").waitFor();
  await second.waitForFunction((time) => document.querySelector("#expires").textContent !== time, time);
  assert.deepEqual(asked, [], "the second tab has asked nobody");
  await first.getByRole("button", { name: "Log out" }).click();
  await step(second, "Session: signed-out").waitFor();
  await second.getByRole("button", { name: "Log in" }).waitFor();
});

test("inspector: the store can be chosen: a tab's survives a reload, memory does not", async (t) => {
  const { page } = await open(t);
  await logInAtBreakable(page);
  await page.reload();
  await page.getByRole("button", { name: "Log in" }).waitFor();
  await page.getByRole("combobox", { name: "Tokens" }).selectOption("session");
  await page.getByRole("button", { name: "Log in" }).waitFor();
  await logInAtBreakable(page);
  await page.reload();
  await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
});

test("inspector: the life of the access token is counted down", async (t) => {
  const { page } = await open(t);
  assert.equal(await page.getByRole("timer").textContent(), "none");
  await logInAtBreakable(page);
  const seconds = () => page.getByRole("timer").textContent().then((text) => text.split(":").reduce((all, part) => 60 * all + Number(part), 0));
  const before = await seconds();
  assert(before > 60 && before <= 120, `${before}`);
  await page.waitForFunction((before) => document.querySelector("[role=timer]").textContent !== before, await page.getByRole("timer").textContent());
  assert((await seconds()) < before);
});

test("inspector: it is used with the keyboard alone", async (t) => {
  const { page } = await open(t, devices.phone);
  const press = async (key, until) => {
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press(key);
      const [text, outline] = await page.evaluate(() => {
        const { activeElement: focused } = document;
        return [focused.textContent || focused.parentElement.textContent, getComputedStyle(focused).outlineStyle];
      });
      if (!until.test(text)) continue;
      assert.notEqual(outline, "none", `${until} shows that it has the focus`);
      return;
    }
    assert.fail(`${until} is not reached`);
  };
  await page.getByRole("heading", { level: 1 }).waitFor();
  await press("Tab", /^Show$/);
  await page.keyboard.press("Enter");
  await press("Tab", /^The server tells the truth/);
  const told = page.waitForResponse((response) => response.url().endsWith("/break") && response.request().method() === "POST");
  await page.keyboard.press("ArrowDown");
  await told;
  await page.keyboard.press("Escape");
  assert(!(await page.locator("#inspector-body").isVisible()));
  await press("Shift+Tab", /^Log in$/);
  await page.keyboard.press("Enter");
  await page.getByText("Refused: id_token_invalid").waitFor();
  await press("Tab", /^Show$/);
  await page.keyboard.press("Enter");
  assert(await step(page, "Refused").isVisible());
});

const looks = {
  light: { ...devices.light, lie: { name: "wrong nonce", at: "token" } },
  dark: { ...devices.dark, lie: { name: "rotation race", at: "refresh" } },
  phone: { ...devices.phone, viewport: { width: 360, height: 740 }, lie: { name: "iss mix-up", at: "authorization" } },
  "phone-dark": { ...devices["phone-dark"], lie: { name: "unknown state", at: "authorization" } },
};

for (const [device, { lie: { name, at }, ...options }] of Object.entries(looks)) {
  test(`inspector, ${device}: nothing jumps, nothing is against the policy, and everybody can use it`, needs("darkness"), async (t) => {
    const lie = all.find((one) => one.name === name && one.at === at);
    const { page, heard } = await open(t, options);
    await page.addInitScript(() => {
      window.jumps = [];
      const observer = new PerformanceObserver((list) => {
        for (const { hadRecentInput, value, sources } of list.getEntries()) {
          if (!hadRecentInput) jumps.push([value, sources.map(({ node }) => node?.outerHTML?.slice(0, 200) ?? node?.nodeName)]);
        }
      });
      observer.observe({ type: "layout-shift", buffered: true });
      window.addEventListener("securitypolicyviolation", ({ violatedDirective }) => jumps.push([1, violatedDirective]));
    });
    await page.reload();
    if (options.isMobile) await page.getByRole("button", { name: "Show" }).click();
    await tell(page, lie);
    if (options.isMobile) await page.getByRole("button", { name: "Hide" }).click();
    await see(page, lie);
    if (options.isMobile) await page.getByRole("button", { name: "Show" }).click();
    await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await page.screenshot({ path: `${screenshots}inspector-${device}.png` });
    assert.deepEqual(await page.evaluate(() => jumps), []);
    const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert(width <= 0, "nothing sticks out sideways");
    // By the debugger, which the page's policy does not restrict.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => [html, failureSummary])]), []);
    assert.deepEqual(unexpected(heard).filter((text) => !/status of 400/.test(text)), []);
  });
}

// ── the user's actions ──

const step = (page, title) => page.locator(".step", { has: page.locator(".title", { hasText: new RegExp(`^${title}`) }) }).last();

const choose = (page, server) => page.getByRole("radio", { name: server }).check();

async function logInAtBreakable(page) {
  await choose(page, "A server to break");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
}

/** Chooses a lie like a user; without a lie, the truth. */
async function tell(page, lie) {
  const told = page.waitForResponse((response) => response.url().endsWith("/break") && response.request().method() === "POST");
  await page.getByRole("combobox", { name: "Break it" }).selectOption(lie ? `${lie.name} at ${lie.at}` : "");
  await told;
}

/** Does the action that shows the lie, and waits for its outcome. */
async function see(page, { at, code }) {
  await page.getByRole("button", { name: "Log in" }).click();
  if (at === "refresh" || at === "userinfo") {
    await page.getByRole("heading", { name: "Hello, Ada Lovelace." }).waitFor();
    await page.getByRole("button", { name: at === "refresh" ? "Renew" : "User info" }).click();
  }
  await page.getByRole("alert").getByText(code).waitFor();
}

/** The steps in the panel. */
const steps = (page) =>
  page.locator(".step").evaluateAll((items) =>
    items.map((item) => ({
      title: item.querySelector(".title").textContent,
      line: item.querySelector(".line").textContent,
      status: item.querySelector(".status").textContent,
      tone: item.dataset.tone,
      checks: [...item.querySelectorAll(".check")].map((check) => ({ id: check.dataset.check, text: check.lastChild.innerText, state: check.dataset.state })),
    })),
  );

const claiming = (members) => ({ claims: (claims) => ({ ...claims, ...members(claims) }) });

/** The hooks of both, one after the other. */
const both = (first, second) => {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  const through = (hook, truth, context) => (hook ? hook(truth, context) : truth);
  return Object.fromEntries(names.map((name) => [name, (truth, context) => through(second[name], through(first[name], truth, context), context)]));
};

/** The steps of a login at a server with these hooks, which replaces the demo's provider that lies. */
async function refusedLogin(t, hooks) {
  const { page } = await open(t);
  const { breakable } = await (await fetch(`${demo.origin}/config.json`)).json();
  const provider = await fakeProvider({ ...breakable, redirectUri: `${demo.origin}/callback/breakable`, hooks });
  await provider.route(page.context());
  await choose(page, "A server to break");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").getByText(/_/).waitFor();
  return steps(page);
}

/** Every secret that `page` sends or receives from now on, by its name. */
function listenForSecrets(page) {
  const found = new Map();
  const names = /^(code|state|nonce|code_verifier|access_token|refresh_token|id_token)$/;
  const add = (entries) => {
    for (const [name, value] of entries) if (names.test(name) && value?.length > 8) found.set(name, (found.get(name) ?? new Set()).add(value));
  };
  const bodies = [];
  page.on("request", (request) => {
    add(new URL(request.url()).searchParams);
    add(new URLSearchParams(request.postData() ?? ""));
  });
  page.on("response", (response) => {
    if (response.url().endsWith("/token")) bodies.push(response.json().then((answer) => add(Object.entries(answer)), () => {}));
  });
  return async () => {
    await Promise.all(bodies);
    return found;
  };
}
