// Each provider function of `wicketgate/providers`, against a small stand-in for the particular behaviour of that server.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { blocksOf } from "../documents/blocks.mjs";
import { launchBrowser } from "../e2e/browser.mjs";
import { bundle } from "../servers/bundle.mjs";
import { startPage } from "../servers/page.mjs";
import * as providers from "wicketgate/providers";
import { standIn } from "./stand-in.mjs";

const { auth0, cognito, entra, github, google, keycloak, okta, worksmart } = providers;
const providersFile = fileURLToPath(import.meta.resolve("wicketgate/providers"));
const client = { clientId: "app", redirectUri: "https://app.example/callback" };
const backend = { exchangeUrl: "/auth/exchange" };
const refused = { name: "WicketgateError", code: "invalid_config" };

let browser;
let host;
before(async () => {
  browser = await launchBrowser();
  const html = '<!doctype html><script type="module" src="/page.js"></script>';
  const script = await bundle(fileURLToPath(new URL("page.js", import.meta.url)));
  // Allows every server by its name: these tests do not test the page's policy.
  host = await startPage({ directory: "/nowhere", built: { "/index.html": html, "/page.js": script }, policy: () => "script-src 'self' 'wasm-unsafe-eval'" });
});
after(async () => {
  await browser.close();
  await host.close();
});

/** A tab in which a user logs in at `server` with `provider(options)`, and the result. */
async function logIn(t, provider, options, server) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const stand = await standIn(context, server);
  const page = await context.newPage();
  await page.goto(host.origin);
  const all = { clientId: "app", redirectUri: `${host.origin}/callback`, ...options };
  const open = () => page.waitForFunction(() => window.open.length === 2).then(() => page.evaluate(([provider, all]) => open(provider, all), [provider, all]));
  await open();
  await page.evaluate(() => void client.beginLogin());
  await page.waitForURL(/code=/);
  const session = await open();
  return { page, stand, session };
}

/** The endpoints below `base`, and the metadata that name them. */
const metadata = (issuer, base, paths) => ({
  issuer,
  ...Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, base + path])),
  id_token_signing_alg_values_supported: ["RS256"],
});
const paths = { authorization_endpoint: "/authorize", token_endpoint: "/token", jwks_uri: "/keys", end_session_endpoint: "/logout" };

test("each function gives back what it does not know, so that createClient names it", () => {
  const options = {
    auth0: { domain: "t.auth0.com" },
    cognito: { userPoolId: "eu-west-1_Ab12" },
    entra: { tenant: "common" },
    github: { backend },
    google: { backend },
    keycloak: { url: "https://login.example", realm: "r" },
    okta: { domain: "o.okta.com" },
    worksmart: { backend },
  };
  assert.deepEqual(Object.keys(options).sort(), Object.keys(providers).sort());
  for (const [name, own] of Object.entries(options)) {
    const config = providers[name]({ ...client, ...own, tokenStore: "local", mistake: 1 });
    assert.deepEqual([config.clientId, config.tokenStore, config.mistake], ["app", "local", 1], name);
    for (const known of Object.keys(own)) if (known !== "backend") assert(!(known in config), `${name}: ${known}`);
  }
});

test("a scope, parameters and metadata of the caller's win over the provider's", () => {
  const config = auth0({ ...client, domain: "t.auth0.com", audience: "a", scope: "openid", extraParams: { audience: "b", organization: "o" }, metadata: { end_session_endpoint: "https://t/x" } });
  assert.deepEqual([config.scope, config.extraParams, config.metadata], ["openid", { audience: "b", organization: "o" }, { end_session_endpoint: "https://t/x" }]);
});

test("every provider has a page, which begins with what to click", () => {
  const folder = new URL("../../docs/guide/providers/", import.meta.url);
  const pages = readdirSync(folder).filter((file) => file !== "README.md");
  assert.deepEqual(pages.sort(), Object.keys(providers).map((name) => `${name}.md`).sort());
  for (const name of Object.keys(providers)) {
    const text = readFileSync(new URL(`${name}.md`, folder), "utf8");
    assert.match(text, /^# .+\n\n1\. /, name);
    assert.match(text, new RegExp(`^import \\{ ${name} \\} from "wicketgate/providers";$`, "m"), name);
  }
});

test("the lines of each page make the configuration that they seem to make", async () => {
  const standIn = "data:text/javascript,export const createClient = async (config) => config";
  for (const name of Object.keys(providers)) {
    const [{ text }] = blocksOf(`docs/guide/providers/${name}.md`);
    const { outputFiles } = await build({
      stdin: { contents: `${text}\nexport default client;`, loader: "ts", resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
      bundle: true,
      format: "esm",
      write: false,
      logLevel: "error",
      alias: { wicketgate: standIn, "wicketgate/handoff": standIn, "wicketgate/providers": providersFile },
      define: { "location.origin": '"https://app.example"' },
    });
    const { default: config } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
    assert.equal(config.redirectUri, "https://app.example/callback", name);
    assert(config.clientId && (config.issuer || config.metadata.authorization_endpoint), name);
  }
});

for (const [name, make] of Object.entries({ GitHub: github, Google: google })) {
  test(`${name} wants a secret, and so its function wants a backend`, () => {
    assert.throws(() => make(client), { ...refused, message: new RegExp(`${name} wants a client secret`) });
  });
}

test("a host may be copied with its scheme and a slash; what is no host is refused", () => {
  for (const domain of ["t.auth0.com", "https://t.auth0.com", "https://t.auth0.com/"]) assert.equal(auth0({ ...client, domain }).issuer, "https://t.auth0.com/");
  for (const domain of ["", "t.auth0.com/path", "http://t.auth0.com", "a@b.com", undefined]) assert.throws(() => auth0({ ...client, domain }), refused);
  assert.throws(() => cognito({ ...client, userPoolId: "Ab12Cd34E" }), refused);
  assert.throws(() => entra({ ...client, tenant: "contoso.onmicrosoft.com" }), refused);
});

test("Auth0: the issuer ends in a slash, `audience` goes along, and the logout is there though the metadata do not name it", async (t) => {
  const base = "https://t.eu.auth0.com";
  const { end_session_endpoint: none, ...named } = metadata(`${base}/`, base, paths);
  const { page, stand, session } = await logIn(t, "auth0", { domain: "t.eu.auth0.com", audience: "https://api.example", postLogoutRedirectUri: `${host.origin}/` }, {
    metadata: named,
    endpoints: { ...named, end_session_endpoint: `${base}/oidc/logout` },
    discovery: `${base}/.well-known/openid-configuration`,
    refuse: (name, params) => name === "authorization_endpoint" && params.audience !== "https://api.example" && "unknown audience",
  });
  assert.equal(session.status, "signed-in");
  await page.evaluate(() => void client.logout());
  await page.getByText("You are logged out.").waitFor();
  const [{ client_id: clientId, post_logout_redirect_uri: returnTo }] = stand.of("end_session_endpoint");
  assert.deepEqual([clientId, returnTo], ["app", `${host.origin}/`]);
});

test("Cognito: the issuer is not the domain of managed login, and the logout takes `logout_uri` and nothing of the standard", async (t) => {
  const issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12";
  const { page, stand, session } = await logIn(t, "cognito", { userPoolId: "eu-west-1_Ab12", postLogoutRedirectUri: `${host.origin}/` }, {
    metadata: metadata(issuer, "https://app.auth.eu-west-1.amazoncognito.com", paths),
    discovery: `${issuer}/.well-known/openid-configuration`,
    refuse: (name, params) =>
      name === "end_session_endpoint" && (!params.logout_uri || !params.client_id || "post_logout_redirect_uri" in params) && "Required parameters: client_id, logout_uri",
  });
  assert.equal(session.status, "signed-in");
  await page.evaluate(() => void client.logout());
  await page.getByText("You are logged out.").waitFor();
  assert.equal(stand.of("end_session_endpoint")[0].logout_uri, `${host.origin}/`);
});

test("Cognito: without metadata of a logout, the domain has it", () => {
  const { metadata } = cognito({ ...client, userPoolId: "eu-west-1_Ab12", domain: "app.auth.eu-west-1.amazoncognito.com" });
  assert.deepEqual(metadata, { end_session_endpoint: "https://app.auth.eu-west-1.amazoncognito.com/logout" });
  assert.equal(cognito({ ...client, userPoolId: "cn-north-1_Ab12" }).issuer, "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Ab12");
  assert.match(cognito({ ...client, userPoolId: "us-gov-west-1_Ab12" }).issuer, /us-gov-west-1/);
});

const tenant = "11111111-2222-3333-4444-555555555555";
const microsoft = (tenant) => metadata(`https://login.microsoftonline.com/${tenant}/v2.0`, `https://login.microsoftonline.com/${tenant}`, {
  authorization_endpoint: "/oauth2/v2.0/authorize",
  token_endpoint: "/oauth2/v2.0/token",
  jwks_uri: "/discovery/v2.0/keys",
});

test("Entra: one tenant, by its GUID", async (t) => {
  const named = microsoft(tenant);
  const { session } = await logIn(t, "entra", { tenant: tenant.toUpperCase() }, { metadata: named, discovery: `${named.issuer}/.well-known/openid-configuration` });
  assert.equal(session.status, "signed-in");
});

test("Entra: of many tenants, each token is held against its own `tid`", async (t) => {
  const endpoints = microsoft("organizations");
  const of = (iss) => ({ endpoints, claims: { iss: `https://login.microsoftonline.com/${iss}/v2.0`, tid: tenant } });
  const { session } = await logIn(t, "entra", { tenant: "organizations" }, of(tenant));
  assert.equal(session.status, "signed-in");
  for (const lie of ["99999999-2222-3333-4444-555555555555", `${tenant}/x`, "{tenantid}"]) {
    await assert.rejects(logIn(t, "entra", { tenant: "organizations" }, of(lie)), /iss|id_token_invalid/, lie);
  }
});

test("Entra: private accounts are a tenant", () => {
  assert.equal(entra({ ...client, tenant: "consumers" }).issuer, "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0");
});

test("GitHub: no issuer, no discovery; the code goes to the backend with its verifier", async (t) => {
  const context = await browser.newContext();
  t.after(() => context.close());
  const endpoints = { authorization_endpoint: "https://github.com/login/oauth/authorize", token_endpoint: "https://github.com/login/oauth/access_token" };
  const stand = await standIn(context, { endpoints, isClosed: true });
  const handed = [];
  await context.route("**/auth/exchange", (route) => (handed.push(route.request().postDataJSON()), route.fulfill({ json: { login: "ada" } })));
  const page = await context.newPage();
  await page.goto(host.origin);
  const options = { clientId: "app", redirectUri: `${host.origin}/callback`, backend };
  const open = () => page.waitForFunction(() => window.open.length === 2).then(() => page.evaluate((options) => open("github", options), options));
  await open();
  await page.evaluate(() => void client.beginLogin());
  await page.waitForURL(/code=/);
  assert.equal((await open()).status, "signed-in");
  const [{ scope, code_challenge_method: method }] = stand.of("authorization_endpoint");
  assert.deepEqual([scope, method, handed.length, typeof handed[0].code_verifier], ["read:user", "S256", 1, "string"]);
  assert.deepEqual(stand.of("token_endpoint"), [], "the page asks GitHub for no token");
  assert.equal(github({ ...client, backend, baseUrl: "https://git.example/" }).metadata.token_endpoint, "https://git.example/login/oauth/access_token");
});

test("Google: a refresh token is asked for by `access_type`, and only then", () => {
  assert.deepEqual(google({ ...client, backend, offline: true }).extraParams, { access_type: "offline" });
  assert.equal(google({ ...client, backend }).extraParams, undefined);
  assert.equal(google({ ...client, backend }).issuer, "https://accounts.google.com");
});

test("Keycloak: the realm is below the address, wherever that is", async (t) => {
  const issuer = "https://login.example/auth/realms/my%20realm";
  const server = { metadata: metadata(issuer, issuer, paths), discovery: `${issuer}/.well-known/openid-configuration` };
  const { session } = await logIn(t, "keycloak", { url: "https://login.example/auth/", realm: "my realm" }, server);
  assert.equal(session.status, "signed-in");
});

test("Okta: the authorization server is one of several, or the organization's own", async (t) => {
  assert.equal(okta({ ...client, domain: "o.okta.com", authorizationServer: null }).issuer, "https://o.okta.com");
  const issuer = "https://o.okta.com/oauth2/aus1";
  const server = { metadata: metadata(issuer, `${issuer}/v1`, paths), discovery: `${issuer}/.well-known/openid-configuration` };
  const { session } = await logIn(t, "okta", { domain: "o.okta.com", authorizationServer: "aus1" }, server);
  assert.equal(session.status, "signed-in");
  assert.equal(okta({ ...client, domain: "o.okta.com" }).issuer, "https://o.okta.com/oauth2/default");
});

test("WorkSmart: exactly what is documented", () => {
  const { metadata, pkce, scope, issuer } = worksmart({ ...client, backend });
  assert.deepEqual([pkce, scope, issuer], ["off", undefined, undefined]);
  assert.equal(metadata.authorization_endpoint, "https://my.worksmart.app/api/v1/oauth2/authorize");
});
