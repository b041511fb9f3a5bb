// The browser of the end-to-end tests: Chromium, or with BROWSER=firefox or BROWSER=webkit the installed one of these.
import { test } from "node:test";
import { chromium, firefox } from "playwright-core";
import { lacks as entryLacks } from "./entry.mjs";
import { launch } from "./webdriver.mjs";

const engine = process.env.BROWSER || "chromium";

const engines = {
  chromium: {
    launch: (options) => chromium.launch(chromiumOptions(options)),
    launchProfile: (folder, options) => chromium.launchPersistentContext(folder, chromiumOptions(options)),
    lacks: {},
  },
  firefox: {
    // Playwright loses a page that comes back from the cache.
    launch: (options) => (options.keepsPages ? launch("geckodriver", stockFirefox) : firefox.launch(firefoxOptions(options))),
    launchProfile: (folder) => firefox.launchPersistentContext(folder, firefoxOptions({})),
    lacks: {
      extensions: "Firefox has no chrome.identity for unpacked extensions here",
      "popup blocking": "Firefox's driver opens windows without a click",
      darkness: "Firefox 153 takes no order to prefer dark colours",
      history: "WebDriver BiDi does not tell what is in a tab's history",
      "a network log": "only Chromium's own protocol tells the times of a request",
    },
  },
  webkit: {
    launch: () => launch(process.env.WEBKIT_DRIVER || "/usr/bin/WebKitWebDriver"),
    lacks: {
      extensions: "WebKitGTK has no extensions of this kind",
      "popup blocking": "WebKitGTK's driver opens windows without a click",
      "reasons of an abort": "fetch of WebKitGTK 2.50 ends in an AbortError, whatever the signal's reason",
      ...Object.fromEntries(
        [
          ["history", "tell what is in a tab's history"],
          ["a network log", "tell the times of a request"],
          ["interception", "answer in a server's place"],
          ["traffic", "tell what a page sends and prints"],
          ["early scripts", "run a script before the page's own"],
          ["clocks", "stop a page's timers"],
          ["no network", "take the network away"],
          ["cookies", "reach the cookies of another site than the page's"],
          ["profiles", "keep a profile"],
          ["names", "give a host another name"],
          ["windows", "follow a window that a page opens"],
          ["keys", "press a key"],
        ].map(([ability, cannot]) => [ability, `WebDriver cannot ${cannot}`]),
      ),
    },
  },
};

if (!engines[engine]) throw new Error(`BROWSER=${engine}: it is one of ${Object.keys(engines).join(", ")}`);
if (engine === "firefox") withoutMediaFeatures();

/**
 * @param options.keepsPages whether the browser keeps pages for the back button, as users' browsers do
 * @param options.blocksPopups whether the browser opens windows only for a click, as users' browsers do
 * @param options.names host names that lead to this machine
 */
export const launchBrowser = (options = {}) => engines[engine].launch(options);

/**
 * A browser with one profile, kept in `folder`.
 * @param options.extension the folder of an unpacked extension
 */
export const launchProfile = (folder, options = {}) => engines[engine].launchProfile(folder, options);

/**
 * Options for a test that needs these abilities of the engine, or of the entry's feature set: if one is missing, the test reports
 * that instead of running.
 */
export function needs(...abilities) {
  const lacks = { ...engines[engine].lacks, ...entryLacks };
  const skip = abilities.map((ability) => lacks[ability]).find(Boolean);
  return skip ? { skip } : {};
}

/** `test` for tests that all need these abilities. */
export const testThatNeeds =
  (...abilities) =>
  (name, ...rest) => {
    const [options, body] = rest.length === 1 ? [{}, ...rest] : rest;
    return test(name, { ...options, ...needs(...abilities) }, body);
  };

function chromiumOptions({ keepsPages = false, blocksPopups = false, extension, names = [] }) {
  return {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      ...(extension ? [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`] : []),
      ...names.map((name) => `--host-resolver-rules=MAP ${name} 127.0.0.1`),
    ],
    // The driver's defaults disable these; users' browsers have them.
    ignoreDefaultArgs: [
      ...(keepsPages ? ["--disable-back-forward-cache"] : []),
      ...(blocksPopups ? ["--disable-popup-blocking"] : []),
    ],
  };
}

function firefoxOptions({ names = [] }) {
  return {
    executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr",
    // Drives Firefox by WebDriver BiDi, which an unmodified Firefox supports. Playwright's usual protocol needs a patched one.
    channel: "moz-firefox",
    firefoxUserPrefs: { "network.dns.localDomains": names.join() },
  };
}

const stockFirefox = {
  "moz:firefoxOptions": { binary: process.env.FIREFOX || "/usr/bin/firefox-esr", args: ["-headless"] },
};

/**
 * Playwright tells every browser which colour scheme to prefer, but Firefox 153 does not know that command of WebDriver BiDi.
 * Its default is the light scheme, which the tests want anyway.
 */
function withoutMediaFeatures() {
  const implementation = firefox._connection.toImpl(firefox)._bidiFirefox;
  const connect = implementation.connectToTransport;
  implementation.connectToTransport = (transport, ...rest) => {
    const send = transport.send;
    transport.send = (message) => {
      const isDark = () => message.params.features["prefers-color-scheme"] === "dark";
      if (message.method !== "emulation.setMediaFeaturesOverride" || isDark()) return send.call(transport, message);
      queueMicrotask(() => transport.onmessage({ id: message.id, type: "success", result: {} }));
    };
    return connect.call(implementation, transport, ...rest);
  };
}
