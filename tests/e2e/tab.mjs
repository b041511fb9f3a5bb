// One tab of the test page, and the user in front of it.
import assert from "node:assert/strict";

const TIMEOUT = 15_000;

export class Tab {
  /** Opens the page in a new tab. */
  static async open(context, origin, path = "/") {
    const tab = new Tab(await context.newPage(), origin);
    await tab.visit(path);
    return tab;
  }

  constructor(page, origin) {
    Object.assign(this, { page, origin });
    page.setDefaultTimeout(TIMEOUT);
  }

  /** Another tab of the same browser profile. */
  another(path) {
    return Tab.open(this.page.context(), this.origin, path);
  }

  async visit(url) {
    await this.page.goto(new URL(url, this.origin).href);
    await this.ready();
  }

  ready() {
    return this.page.waitForFunction(() => window.app);
  }

  get url() {
    return this.page.url();
  }

  /** Runs `work` in the page. A call that never ends there fails here. */
  async evaluate(work, argument) {
    let timer;
    const late = new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`the page hangs: ${work}`)), TIMEOUT);
    });
    return Promise.race([this.page.evaluate(work, argument), late]).finally(() => clearTimeout(timer));
  }

  /** Runs `work` in the page, which ends with `app.outcome(…)`. Returns its value or throws its error. */
  async run(work, argument) {
    const { value, error } = await this.evaluate(work, argument);
    if (!error) return value;
    const { genuine, ...members } = error;
    assert(genuine, `not an error of ours: ${JSON.stringify(error)}`);
    assert(members.hint && members.message, `an error without words: ${JSON.stringify(error)}`);
    throw Object.assign(new Error(members.message), members);
  }

  /** Presses "log in" and waits until the browser has left for the server. */
  begin(config, options) {
    return this.leave(([config, options]) => app.begin(config, options), [config, options]);
  }

  /** Runs `work`, which leaves the page, and waits until the browser is at the server. */
  async leave(work, argument) {
    const gone = this.page.waitForURL(({ origin }) => origin !== this.origin);
    const refused = this.run(work, argument);
    gone.catch(() => {}); // after a refusal, nobody waits for it
    // Leaving the page ends the call that runs in it. This is not a refusal of the library.
    await Promise.race([
      gone,
      refused.then(
        () => gone,
        (error) => (error.code ? Promise.reject(error) : gone),
      ),
    ]);
  }

  /** At the server: allows or denies, and comes back. Returns the callback's URL. */
  async answer(choice = "Allow", username = "ada") {
    const { page } = this;
    if (choice === "Allow" && (await page.getByLabel("User name").count())) {
      await page.getByLabel("User name").fill(username);
      await page.getByLabel("Password").fill("wicket");
    }
    await page.getByRole("button", { name: choice }).click();
    await page.waitForURL(({ origin }) => origin === this.origin);
    await this.ready();
    return page.url();
  }

  /** Goes up to the callback page, with the URL that the server made. Returns that URL. */
  async comeBack(config, options) {
    await this.begin(config, options);
    return this.answer();
  }

  /** Presses the back button, whether the browser loads the page there anew or restores it. The test waits for that. */
  back() {
    // Leaving the page ends the call that runs in it.
    return this.evaluate(() => history.back()).catch(() => {});
  }

  handle(config, url) {
    return this.run(([config, url]) => app.handle(config, url), [config, url]);
  }

  async logIn(config, options) {
    await this.comeBack(config, options);
    return this.handle(config);
  }

  accessToken(config, options) {
    return this.run(([config, options]) => app.accessToken(config, options), [config, options]);
  }

  userInfo(config) {
    return this.run((config) => app.userInfo(config), config);
  }

  /** Logs out at the server too: confirms there, and comes back. Returns the URL that the server made. */
  async logOut(config, options) {
    await this.leave(([config, options]) => app.logOut(config, options), [config, options]);
    await this.page.getByRole("button", { name: "Log out" }).click();
    await this.page.waitForURL(({ origin }) => origin === this.origin);
    await this.ready();
    return this.page.url();
  }

  logoutState(config) {
    return this.evaluate(async (config) => (await app.client(config)).logoutState, config);
  }

  isCallback(config) {
    return this.evaluate(async (config) => (await app.client(config)).isCallback(), config);
  }

  session(config) {
    return this.evaluate(async (config) => (await app.client(config)).session(), config);
  }

  /** Advances the page's clocks. */
  later(seconds) {
    return this.page.clock.setFixedTime(Date.now() + seconds * 1000);
  }

  /** Everything that a script in the page could read. */
  readable() {
    return this.evaluate(async () =>
      JSON.stringify({
        location: location.href,
        history: history.state,
        cookie: document.cookie,
        session: { ...sessionStorage },
        local: { ...localStorage },
        databases: await indexedDB.databases(),
        caches: await window.caches?.keys(),
        document: document.documentElement.outerHTML,
        name: window.name,
        globals: Object.keys(window).map((key) => {
          try {
            return JSON.stringify(window[key]);
          } catch {
            return "";
          }
        }),
      }),
    );
  }

  /** The URLs that the back and forward buttons lead to, including this one. */
  async history() {
    const session = await this.page.context().newCDPSession(this.page);
    const { entries } = await session.send("Page.getNavigationHistory");
    return entries.map(({ url }) => url);
  }

  /** The pending transactions, by their keys. */
  transactions() {
    return this.evaluate(() =>
      Object.fromEntries(
        Object.entries(sessionStorage)
          .filter(([key]) => key.startsWith("wicketgate.tx."))
          .map(([key, value]) => [key, JSON.parse(value)]),
      ),
    );
  }
}

/** The callback's URL with other parameters: a value replaces a parameter, `undefined` removes it. */
export function withParameters(url, changes) {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) changed.searchParams.delete(name);
    else changed.searchParams.set(name, value);
  }
  return changed.href;
}

export const parameter = (url, name) => new URL(url).searchParams.get(name);
