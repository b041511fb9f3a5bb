// What an end-to-end test stands on: both servers, the API, the backend, a page built with the package, a browser.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { buildBackend, startBackend } from "../servers/backend.mjs";
import { bundle } from "../servers/bundle.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { startResource } from "../servers/resource.mjs";
import { startWorksmart } from "../servers/worksmart.mjs";
import { launchBrowser } from "./browser.mjs";
import { Tab } from "./tab.mjs";

/**
 * @param options.page options of `startPage`; @param options.browser options of `launchBrowser`
 * @param options.entry the package's entry that the page imports
 */
export async function startStage({ page: pageOptions, browser: browserOptions, entry = "wicketgate" } = {}) {
  const directory = fileURLToPath(new URL("page/", import.meta.url));
  const [script] = await Promise.all([bundle(`${directory}page.js`, entry === "wicketgate" ? undefined : { wicketgate: entry }), buildBackend()]);
  const browser = await launchBrowser(browserOptions);

  // A host that is careless with referrers: what the library lets out is then the library's own doing.
  const page = await startPage({
    directory,
    referrerPolicy: "unsafe-url",
    ...pageOptions,
    // The very object that the test gave, which it may change later on.
    built: Object.assign(pageOptions?.built ?? {}, { "/page.js": script }),
  });
  const redirectUri = `${page.origin}/callback`;
  const redirectUris = [redirectUri, `${redirectUri}?tenant=7`];
  const oidc = await startOidc({ redirectUris });
  const worksmart = await startWorksmart({ redirectUris });
  const resource = await startResource(worksmart);
  const backend = await startBackend({
    publicOrigin: page.origin,
    clientId: worksmart.clientId,
    clientSecret: worksmart.clientSecret,
    tokenEndpoint: `${worksmart.origin}/api/v1/oauth2/token`,
    apiOrigin: resource.origin,
  });
  page.servers = [oidc.origin];
  page.backend = backend.origin;

  const stage = {
    browser,
    page,
    oidc,
    worksmart,
    resource,
    backend,
    redirectUri,

    /** The two ways to log in. Each knows its server, and makes a configuration with what a test wants different. */
    ways: [
      {
        name: "OpenID with PKCE",
        server: oidc,
        config: (more) => ({
          clientId: oidc.clientId,
          issuer: oidc.issuer,
          redirectUri,
          scope: "openid profile email",
          tokenStore: "memory",
          ...more,
        }),
      },
      {
        name: "WorkSmart through the backend",
        server: worksmart,
        config: (more) => ({
          worksmart: {
            clientId: worksmart.clientId,
            baseUrl: worksmart.origin,
            redirectUri,
            backend: { exchangeUrl: "/auth/exchange", sessionUrl: "/auth/session", logoutUrl: "/auth/logout" },
          },
          ...more,
        }),
      },
    ],

    /** A new browser profile with one tab on the page; servers without faults and with empty records. */
    async open(t) {
      for (const server of [oidc, worksmart]) server.fault = undefined;
      oidc.changes = {};
      for (const { requests } of [oidc, worksmart, resource, page]) requests.length = 0;
      for (const { answers } of [oidc, page]) answers.length = 0;
      const context = await browser.newContext();
      t.after(() => context.close());
      return Tab.open(context, page.origin);
    },

    async close() {
      await browser.close();
      await Promise.all([backend, resource, worksmart, oidc, page].map((server) => server.close()));
    },
  };
  return stage;
}

/** Waits until something holds that no event tells of. */
export async function until(condition, what, patience = 5000) {
  const limit = Date.now() + patience;
  while (!condition()) {
    assert(Date.now() < limit, `in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
