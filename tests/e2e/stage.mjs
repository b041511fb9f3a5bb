// The servers of an end-to-end test: both authorization servers, the API, the backend, a page built with the package, and a
// browser.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { buildBackend, startBackend } from "../servers/backend.mjs";
import { bundleFiles } from "../servers/bundle.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";
import { startResource } from "../servers/resource.mjs";
import { startWorksmart } from "../servers/worksmart.mjs";
import { launchBrowser, testThatNeeds } from "./browser.mjs";
import { entry as entryOfTests, lacks } from "./entry.mjs";
import { Tab } from "./tab.mjs";

/**
 * @param options.page options of `startPage`; @param options.browser options of `launchBrowser`
 * @param options.entry the package's entry that the page imports in place of `wicketgate/all`; @param options.splits whether
 *         scripts that it imports on demand are files of their own
 */
export async function startStage({ page: pageOptions, browser: browserOptions, entry = entryOfTests, splits = false } = {}) {
  const directory = fileURLToPath(new URL("page/", import.meta.url));
  const alias = { "wicketgate/all": entry };
  const [scripts] = await Promise.all([bundleFiles(`${directory}page.js`, alias, splits), buildBackend()]);
  const browser = await launchBrowser(browserOptions);

  // A host that is careless with referrers: a referrer that leaks must be prevented by the library itself.
  const page = await startPage({
    directory,
    referrerPolicy: "unsafe-url",
    ...pageOptions,
    // The test's own object, which it may change later.
    built: Object.assign(pageOptions?.built ?? {}, scripts),
  });
  const redirectUri = `${page.origin}/callback`;
  const redirectUris = [redirectUri, `${redirectUri}?tenant=7`, `${page.origin}/auth/callback`];
  const oidc = await startOidc({ redirectUris });
  const worksmart = await startWorksmart({ redirectUris });
  const resource = await startResource(worksmart);
  const backend = await startBackend({
    publicOrigin: page.origin,
    clientId: worksmart.clientId,
    clientSecret: worksmart.clientSecret,
    tokenEndpoint: `${worksmart.origin}/api/v1/oauth2/token`,
    apiOrigin: resource.origin,
    environment: { WICKETGATE_PKCE: "off", WICKETGATE_AUTHORIZATION_ENDPOINT: `${worksmart.origin}/api/v1/oauth2/authorize` },
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

    /** The two kinds of login. Each knows its server, and makes a configuration with the test's changes. */
    ways: [
      {
        name: "OpenID with PKCE",
        test: testThatNeeds("tokens"),
        isPossible: !lacks.tokens,
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
        test: testThatNeeds("backend"),
        isPossible: !lacks.backend,
        server: worksmart,
        config: (more) => ({
          worksmart: {
            clientId: worksmart.clientId,
            baseUrl: worksmart.origin,
            redirectUri,
            backend: { exchangeUrl: "/auth/exchange", beginUrl: "/auth/begin", sessionUrl: "/auth/session", logoutUrl: "/auth/logout" },
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

/** Waits for a condition that no event announces. */
export async function until(condition, what, patience = 5000) {
  const limit = Date.now() + patience;
  while (!condition()) {
    assert(Date.now() < limit, `in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
