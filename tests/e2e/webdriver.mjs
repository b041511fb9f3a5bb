// A browser by the W3C's WebDriver: the part of Playwright's browser, context and page that the tests need.
// https://www.w3.org/TR/webdriver2/
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** @param driver the program that drives the browser; @param capabilities the requested capabilities (§7) */
export function launch(driver, capabilities = {}) {
  const contexts = new Set();
  return {
    /** A browser of its own: here a driver has one session, and a session has one profile, which is deleted with it. */
    async newContext() {
      const context = await Context.start(driver, capabilities);
      contexts.add(context);
      return context;
    },
    close: () => Promise.all([...contexts].map((context) => context.close())),
  };
}

class Context {
  static async start(driver, alwaysMatch) {
    const port = await freePort();
    const child = spawn(driver, [`--port=${port}`], { stdio: "ignore" });
    const kill = () => child.kill();
    process.once("exit", kill);
    const context = new Context(`http://127.0.0.1:${port}`);
    context.ended = once(child, "close").finally(() => process.off("exit", kill));
    context.kill = kill;
    try {
      await context.listens(child);
      const { sessionId } = await context.send("POST", "/session", { capabilities: { alwaysMatch } });
      context.session = `/session/${sessionId}`;
      return context;
    } catch (error) {
      kill();
      throw error;
    }
  }

  // The protocol demands one command after the other.
  last = Promise.resolve();

  constructor(origin) {
    this.origin = origin;
  }

  async listens(child) {
    while (child.exitCode === null) {
      if (await fetch(`${this.origin}/status`).catch(() => undefined)) return;
      await pause();
    }
    throw new Error(`the driver ended with ${child.exitCode}`);
  }

  async newPage() {
    if (!this.current) {
      this.current = await this.send("GET", `${this.session}/window`);
      return new Page(this, this.current);
    }
    const { handle } = await this.inTurn(() => this.send("POST", `${this.session}/window/new`, { type: "tab" }));
    return new Page(this, handle);
  }

  clearCookies() {
    // The cookies of the page in front: the protocol reaches no others.
    return this.inTurn(() => this.send("DELETE", `${this.session}/cookie`));
  }

  async close() {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.inTurn(() => this.send("DELETE", this.session)).catch(() => {});
    this.kill();
    await this.ended;
  }

  /** Sends commands to the window of that handle, without other commands in between. */
  inWindow(handle, work) {
    return this.inTurn(async () => {
      if (this.current !== handle) await this.send("POST", `${this.session}/window`, { handle });
      this.current = handle;
      return work((method, path, body) => this.send(method, this.session + path, body));
    });
  }

  inTurn(work) {
    const done = this.last.then(work);
    this.last = done.catch(() => {});
    return done;
  }

  async send(method, path, body) {
    const content = body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const answer = await fetch(this.origin + path, { method, ...content });
    const { value } = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(`${value.error}: ${value.message}`), { code: value.error });
    return value;
  }
}

class Page {
  timeout = 30_000;
  address = "about:blank";

  constructor(browserContext, handle) {
    Object.assign(this, { browserContext, handle });
  }

  context() {
    return this.browserContext;
  }

  setDefaultTimeout(timeout) {
    this.timeout = timeout;
  }

  /** The page's URL after the last command. */
  url() {
    return this.address;
  }

  /** Stops the page's own clock. The next page's clock runs. */
  clock = {
    setFixedTime: (time) => this.evaluate((time) => void (Date.now = () => time), time),
  };

  goto(url) {
    return this.command("POST", "/url", { url });
  }

  reload() {
    return this.command("POST", "/refresh", {});
  }

  goBack() {
    return this.command("POST", "/back", {});
  }

  goForward() {
    return this.command("POST", "/forward", {});
  }

  /** The result of `work`. Meanwhile the page, and other pages, may do other things. */
  async evaluate(work, argument) {
    const key = `evaluation ${Math.random()}`;
    await this.script(`(${begin})(${work}, ${spelled}, ${restored}, ...arguments)`, key, JSON.stringify(argument, spelled));
    for (;;) {
      const outcome = await this.script(`return (${collect})(...arguments)`, key);
      if (!outcome) throw new Error("the page in which it ran is gone");
      if ("error" in outcome) throw new Error(outcome.error);
      if (outcome.isDone) return restored(JSON.parse(outcome.value));
      await pause();
    }
  }

  waitForFunction(work, argument) {
    // A page that is being left cannot be evaluated, but the next page can.
    return this.poll(`in vain: ${work}`, () => this.evaluate(work, argument).catch(() => false));
  }

  /** `expected`: a function of the address, or its beginning and `**`. */
  waitForURL(expected) {
    const isIt = typeof expected === "string" ? ({ href }) => href.startsWith(expected.replace(/\*\*$/, "")) : expected;
    return this.poll("the address does not come", async () => {
      await this.command("GET", "/url").catch(() => {});
      return isIt(new URL(this.address));
    });
  }

  async close() {
    await this.browserContext.inWindow(this.handle, (send) => send("DELETE", "/window"));
  }

  getByLabel(name) {
    return new Locator(this, `//label[normalize-space(text())="${name}"]//input`);
  }

  getByRole(role, { name }) {
    assert.equal(role, "button");
    return new Locator(this, `//button[normalize-space(.)="${name}"]`);
  }

  /** The page's policy restricts the page's own scripts, and not this one. */
  script(script, ...args) {
    return this.command("POST", "/execute/sync", { script, args });
  }

  command(method, path, body) {
    return this.browserContext.inWindow(this.handle, async (send) => {
      const value = await send(method, path, body);
      this.address = await send("GET", "/url");
      return value;
    });
  }

  async poll(complaint, condition) {
    const limit = Date.now() + this.timeout;
    while (!(await condition())) {
      assert(Date.now() < limit, complaint);
      await pause();
    }
  }
}

class Locator {
  constructor(page, xpath) {
    Object.assign(this, { page, xpath });
  }

  async count() {
    return (await this.elements()).length;
  }

  async fill(text) {
    const element = await this.element();
    await this.page.command("POST", `${element}/clear`, {});
    await this.page.command("POST", `${element}/value`, { text });
  }

  async click() {
    await this.page.command("POST", `${await this.element()}/click`, {});
  }

  waitFor() {
    return this.page.poll(`in vain: ${this.xpath}`, () => this.count());
  }

  async element() {
    await this.waitFor();
    // The standard defines the name of this member (§12.1).
    const [{ "element-6066-11e4-a52e-4f735466cecf": id }] = await this.elements();
    return `/element/${id}`;
  }

  elements() {
    return this.page.command("POST", "/elements", { using: "xpath", value: this.xpath });
  }
}

// JSON has no `undefined`, and `null` would be another option.

function spelled(name, value) {
  return value === undefined ? { isUndefined: true } : value;
}

function restored(value) {
  if (value === null || typeof value !== "object") return value;
  if (value.isUndefined) return undefined;
  if (Array.isArray(value)) return value.map(restored);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, restored(member)]));
}

// The two halves of an evaluation, run in the page. Its result waits under a key that no list of the page's own names contains.

function begin(work, spelled, restored, key, json) {
  const outcome = {};
  Object.defineProperty(window, key, { value: outcome, configurable: true });
  const run = async () => work(restored(JSON.parse(json)));
  run()
    .then((value) => (outcome.value = JSON.stringify(value, spelled)))
    .then(() => (outcome.isDone = true))
    .catch((error) => (outcome.error = `${error}`));
}

function collect(key) {
  const outcome = window[key];
  if (outcome?.isDone || outcome?.error) delete window[key];
  return outcome;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
