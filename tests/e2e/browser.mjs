// The browser of the end-to-end tests: Chromium, or with BROWSER=firefox or BROWSER=webkit what of these is installed.
import { chromium, firefox } from "playwright-core";
import { launch } from "./webdriver.mjs";

const engine = process.env.BROWSER || "chromium";

const engines = {
  chromium: {
    launch: (options) => chromium.launch(chromiumOptions(options)),
    launchProfile: (folder) => chromium.launchPersistentContext(folder, chromiumOptions({})),
    lacks: {},
  },
  firefox: {
    // A page that comes back alive is one that Playwright does not find again.
    launch: (options) => (options.keepsPages ? launch("geckodriver", stockFirefox) : firefox.launch(firefoxOptions(options))),
    launchProfile: (folder) => firefox.launchPersistentContext(folder, firefoxOptions({})),
    lacks: {
      darkness: "Firefox 153 takes no order to prefer dark colours",
      history: "WebDriver BiDi does not tell what is in a tab's history",
      "a network log": "only Chromium's own protocol tells the times of a request",
    },
  },
  webkit: {
    launch: () => launch(process.env.WEBKIT_DRIVER || "/usr/bin/WebKitWebDriver"),
    lacks: {
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
        ].map(([ability, cannot]) => [ability, `WebDriver cannot ${cannot}`]),
      ),
    },
  },
};

if (!engines[engine]) throw new Error(`BROWSER=${engine}: it is one of ${Object.keys(engines).join(", ")}`);
if (engine === "firefox") withoutMediaFeatures();

/**
 * @param options.keepsPages whether the browser keeps pages alive for the back button, as people's do
 * @param options.names host names that lead to this machine
 */
export const launchBrowser = (options = {}) => engines[engine].launch(options);

/** A browser with one profile, kept in `folder`. */
export const launchProfile = (folder) => engines[engine].launchProfile(folder);

/** Options for a test that needs these: where the engine lacks one, the test says so instead of running. */
export function needs(...abilities) {
  const skip = abilities.map((ability) => engines[engine].lacks[ability]).find(Boolean);
  return skip ? { skip } : {};
}

function chromiumOptions({ keepsPages = false, names = [] }) {
  return {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      ...names.map((name) => `--host-resolver-rules=MAP ${name} 127.0.0.1`),
    ],
    // The automation switches that cache off; people have it.
    ignoreDefaultArgs: keepsPages ? ["--disable-back-forward-cache"] : [],
  };
}

function firefoxOptions({ names = [] }) {
  return {
    executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr",
    // By WebDriver BiDi, which a Firefox as it comes understands. The usual way is for a patched one.
    channel: "moz-firefox",
    firefoxUserPrefs: { "network.dns.localDomains": names.join() },
  };
}

const stockFirefox = {
  "moz:firefoxOptions": { binary: process.env.FIREFOX || "/usr/bin/firefox-esr", args: ["-headless"] },
};

/**
 * Playwright tells every browser which colours to prefer, and Firefox 153 does not know that command of WebDriver BiDi.
 * Light is what it prefers anyway.
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
