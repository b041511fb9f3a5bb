// The common base of all measurements: the pages, the provider, and one browser.
import { chromium } from "playwright-core";
import { bundle } from "./bundle.mjs";
import { nothing, peers } from "./peers/index.mjs";
import { makeCertificate } from "./servers/certificate.mjs";
import { startPage } from "./servers/page.mjs";
import { clientId, startProvider } from "./servers/provider.mjs";
import { referenceLoop } from "./statistics.mjs";

/** In ms. */
const PATIENCE = 30_000;

/** @param options.short whether a few rounds will do: to see that everything works */
export async function startRig({ short = false } = {}) {
  const certificate = makeCertificate();
  const bundles = Object.fromEntries(await Promise.all([...peers, nothing].map(async (peer) => [peer.id, await bundle(peer)])));
  const page = await startPage({ certificate, bundles });
  const provider = await startProvider({ certificate, redirectUris: [...peers, nothing].map(page.url) });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [
      `--ignore-certificate-errors-spki-list=${certificate.pin}`,
      "--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--no-first-run",
      // The answer of measureUserAgentSpecificMemory comes at once, and not only after the next garbage collection.
      "--enable-blink-features=ForceEagerMeasureMemory",
    ],
  });

  return {
    certificate, bundles, page, provider, browser,

    /** The number of rounds of a measurement that normally has `wanted` rounds. */
    rounds: (wanted) => (short ? Math.min(wanted, 2) : wanted),

    /** Call it in each round: it measures the machine's own noise together with everything else. */
    loops: [],
    noise() {
      this.loops.push(referenceLoop());
    },

    /** The configuration that `connect` of a peer gets: the same for each. */
    config: (peer, more) => ({
      issuer: provider.issuer, clientId, redirectUri: page.url(peer), scope: "openid profile offline_access", refresh: true, ...peer.config, ...more,
    }),

    /**
     * A new tab, in a new browser profile unless `context` is given, that has not navigated yet.
     * @param options.config for `connect`; @param options.task the work that the page does by itself, see `page.js`
     */
    async newTab(peer, { config = this.config(peer), task, context } = {}) {
      const tab = await (context ?? (await browser.newContext())).newPage();
      // The console output of a peer is ignored. An uncaught error is not.
      tab.errors = [];
      tab.on("pageerror", (error) => tab.errors.push(String(error)));
      await tab.addInitScript((bench) => Object.assign(globalThis, { bench }), { config, task });
      return tab;
    },

    /** The result of the tab's own work (`page.js`): a function, to be called and awaited once for each time. */
    async resultOf(tab) {
      const results = [];
      let wake;
      await tab.exposeFunction("benchDone", (result) => {
        results.push(result);
        wake?.();
      });
      return async () => {
        const limit = setTimeout(() => wake({ error: `nothing came of it; ${tab.url()} ${tab.errors}` }), PATIENCE);
        const late = results.length ? undefined : await new Promise((resolve) => (wake = resolve));
        clearTimeout(limit);
        return results.shift() ?? late;
      };
    },

    /** A tab on the peer's page, with its script loaded. */
    async open(peer, options) {
      const tab = await this.newTab(peer, options);
      await tab.goto(page.url(peer));
      await tab.waitForFunction(() => "connect" in globalThis);
      return tab;
    },

    /** Begins and completes a login, like a user whom the provider knows. Returns `{ claims }` or `{ error }`. */
    async logIn(tab) {
      await tab.waitForFunction(() => "connect" in globalThis);
      await tab.evaluate(() => {
        connect().then((client) => client.begin());
      });
      await tab.waitForURL((url) => /[?&#]code=/.test(url.href), { timeout: PATIENCE });
      await tab.waitForFunction(() => "connect" in globalThis);
      return tab.evaluate(async () => {
        const { href } = location;
        try {
          globalThis.client = await connect();
          return { claims: await client.callback(href) };
        } catch (error) {
          return { error: { name: error?.name ?? typeof error, code: error?.code ?? error?.errorCode ?? error?.error, message: String(error?.message ?? error) } };
        }
      });
    },

    close: async () => {
      await browser.close();
      await Promise.all([page.close(), provider.close()]);
    },
  };
}
