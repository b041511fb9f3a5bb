// The doctor at a terminal and in a page: at a server without faults, and at servers and pages with one fault each. The doctor
// finds that fault and calls nothing else wrong.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../e2e/browser.mjs";
import { bundle } from "../servers/bundle.mjs";
import { sendJson, serve } from "../servers/http.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startPage } from "../servers/page.mjs";

const cli = fileURLToPath(new URL("../../pkg/cli.js", import.meta.url));
const strict = (servers) => `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${servers.join(" ")}`;

let host;
let oidc;
let browser;
let policy = strict;
before(async () => {
  const html = '<!doctype html><script type="module" src="/page.js"></script>';
  const script = await bundle(fileURLToPath(new URL("page.js", import.meta.url)));
  host = await startPage({ directory: "/nowhere", built: { "/index.html": html, "/page.js": script }, policy: ({ servers }) => policy(servers) });
  oidc = await startOidc({ redirectUris: [`${host.origin}/callback`], clientId: "app" });
  browser = await launchBrowser();
});
after(() => Promise.all([browser, host, oidc].map((one) => one?.close())));

/** Runs the command like a user. */
function run(...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}

async function atTerminal(issuer, ...args) {
  const redirect = args.includes("--redirect-uri") ? [] : ["--redirect-uri", `${host.origin}/callback`];
  const { code, stdout, stderr } = await run("doctor", issuer, ...redirect, ...args, "--json");
  assert.equal(stderr, "");
  const diagnosis = JSON.parse(stdout);
  assert.equal(code, diagnosis.findings.some(({ result }) => result === "bad") ? 1 : 0);
  return diagnosis;
}

/** Runs `doctor(config)` in a page of `host`. */
async function inPage(t, config, { prepare } = {}) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  if (prepare) await page.addInitScript(prepare);
  await page.goto(host.origin);
  await page.waitForFunction(() => window.doctor);
  return page.evaluate((config) => window.doctor(config), { clientId: "app", redirectUri: `${host.origin}/callback`, scope: "openid profile", ...config });
}

const bad = (findings) => findings.filter(({ result }) => result === "bad").map(({ checked }) => checked);
const of = (findings, checked) => findings.find((finding) => finding.checked === checked);

test("terminal: at a server that is well nothing is wrong, and every endpoint was asked", async () => {
  const { findings, policy, registration } = await atTerminal(oidc.issuer, "--client-id", "app", "--api", "https://api.example/v1");
  assert.deepEqual(bad(findings), []);
  for (const checked of ["metadata", "keys", "token endpoint", "UserInfo endpoint", "PKCE with S256", "clock", "client and redirect URI"]) {
    assert.equal(of(findings, checked)?.result, "good", JSON.stringify(of(findings, checked)));
  }
  assert.equal(policy, `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${oidc.origin} https://api.example; base-uri 'none'; frame-ancestors 'none'`);
  assert.deepEqual(registration.find(([name]) => name === "redirect URI"), ["redirect URI", `${host.origin}/callback`]);
});

test("terminal: for people it prints a line for each finding, the registration and the policy", async () => {
  const { code, stdout } = await run("doctor", oidc.issuer, "--client-id", "app", "--redirect-uri", `${host.origin}/callback`);
  assert.equal(code, 0);
  assert.match(stdout, /^ok {5}metadata: http/m);
  assert.match(stdout, /^Register at the server\n {2}type +public/m);
  assert.match(stdout, /^Content-Security-Policy of the page\n {2}default-src 'self'; script-src/m);
});

for (const args of [[], ["doctor"], ["cure", "https://login.example"], ["doctor", "https://login.example", "--colour"], ["doctor", "https://login.example", "--client-id"], ["doctor", "https://login.example", "--redirect-uri", "callback"]]) {
  test(`terminal: "${args.join(" ")}" is answered with how to use it`, async () => {
    const { code, stderr } = await run(...args);
    assert.equal(code, 2);
    assert.notEqual(stderr, "");
  });
}

test("terminal: a redirect URI that is not registered is found", async () => {
  const { findings } = await atTerminal(oidc.issuer, "--client-id", "app", "--redirect-uri", `${host.origin}/elsewhere`);
  assert(bad(findings).includes("client and redirect URI"));
});

test("terminal: a client that is not registered is found", async () => {
  const { findings } = await atTerminal(oidc.issuer, "--client-id", "another");
  assert.deepEqual(bad(findings).sort(), ["client and redirect URI", "token endpoint"]);
});

test("terminal: an origin that may not read is found", async () => {
  const { findings } = await atTerminal(oidc.issuer, "--client-id", "app", "--redirect-uri", "https://other.example/callback");
  assert.match(of(findings, "token endpoint").found, /Access-Control-Allow-Origin/);
  assert.match(of(findings, "token endpoint").change, /https:\/\/other\.example/);
});

/** A server like a good one, in which `change` changes one thing. */
async function startServer(change = {}, hostname = "localhost") {
  const cors = { "access-control-allow-origin": "*" };
  let origin;
  const server = await serve(
    (request, response) => {
      const path = request.url.split("?")[0];
      if (request.method === "OPTIONS") {
        response.writeHead(204, { ...cors, "access-control-allow-headers": "authorization", ...change.preflight });
        return response.end();
      }
      const own = change[path];
      if (own) return own(request, response, cors);
      if (path === "/.well-known/openid-configuration") {
        const metadata = {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          jwks_uri: `${origin}/keys`,
          userinfo_endpoint: `${origin}/userinfo`,
          revocation_endpoint: `${origin}/revoke`,
          end_session_endpoint: `${origin}/logout`,
          response_types_supported: ["code"],
          grant_types_supported: ["authorization_code", "refresh_token"],
          id_token_signing_alg_values_supported: ["RS256"],
          code_challenge_methods_supported: ["S256"],
          token_endpoint_auth_methods_supported: ["none"],
          authorization_response_iss_parameter_supported: true,
          ...change.metadata,
        };
        return sendJson(response, 200, metadata, cors);
      }
      if (path === "/keys") return sendJson(response, 200, { keys: [{}] }, cors);
      if (path === "/token") return sendJson(response, 400, { error: "invalid_grant" }, cors);
      if (path === "/userinfo") return sendJson(response, 401, {}, cors);
      if (path === "/revoke") return sendJson(response, 200, {}, cors);
      return sendJson(response, 404, {}, cors);
    },
    { hostname },
  );
  origin = server.origin;
  return server;
}

const html = (_, response, cors) => {
  response.writeHead(200, { ...cors, "content-type": "text/html" });
  response.end("<!doctype html>");
};
const metadataPath = "/.well-known/openid-configuration";

/** By fault: the change, the name of the finding, and a word of its text. */
const broken = {
  "the metadata are a page of HTML": { change: { [metadataPath]: html }, wrong: ["metadata"], found: /404|text\/html/ },
  "the metadata lead elsewhere": { change: { [metadataPath]: (_, response, cors) => (response.writeHead(302, { ...cors, location: "/elsewhere" }), response.end()) }, wrong: ["metadata"], found: /redirect/ },
  "the metadata have no CORS headers": { change: { [metadataPath]: (_, response) => sendJson(response, 200, {}) }, wrong: ["metadata"], found: /CORS|Access-Control/ },
  "the issuer is another one": { change: { metadata: { issuer: "https://another.example" } }, wrong: ["issuer in the metadata"], found: /another\.example/ },
  "there is no authorization endpoint": { change: { metadata: { authorization_endpoint: undefined } }, wrong: ["authorization_endpoint"], found: /none/ },
  "the token endpoint is plain http": { change: { metadata: { token_endpoint: "http://login.example/token" } }, wrong: ["token_endpoint"], found: /http:\/\/login/ },
  "there is no code flow": { change: { metadata: { response_types_supported: ["id_token"] } }, wrong: ["authorization code flow"], found: /id_token/ },
  "PKCE is plain only": { change: { metadata: { code_challenge_methods_supported: ["plain"] } }, wrong: ["PKCE with S256"], found: /plain/ },
  "ID tokens are signed by HS256": { change: { metadata: { id_token_signing_alg_values_supported: ["HS256"] } }, wrong: ["signatures of ID tokens"], found: /HS256/ },
  "there is no jwks_uri": { change: { metadata: { jwks_uri: undefined } }, wrong: ["keys"], found: /no usable jwks_uri/ },
  "there are no keys": { change: { "/keys": (_, response, cors) => sendJson(response, 200, { keys: [] }, cors) }, wrong: ["keys"], found: /200/ },
  "the token endpoint is a page of HTML": { change: { "/token": html }, wrong: ["token endpoint"], found: /text\/html/ },
  "the token endpoint has no CORS headers": { change: { "/token": (_, response) => sendJson(response, 400, { error: "invalid_grant" }) }, wrong: ["token endpoint"], found: /CORS|Access-Control/ },
  "the server wants a secret": { change: { "/token": (_, response, cors) => sendJson(response, 401, { error: "invalid_client" }, cors) }, wrong: ["token endpoint"], found: /invalid_client/ },
};

for (const [name, { change, wrong, found }] of Object.entries(broken)) {
  const check = (findings) => {
    assert.deepEqual(bad(findings).filter((checked) => checked !== "client and redirect URI"), wrong);
    const finding = of(findings, wrong[0]);
    assert.match(finding.found, found);
    for (const member of ["expected", "change"]) assert.notEqual(finding[member], "");
  };

  test(`terminal: ${name}`, async (t) => {
    const server = await startServer(change);
    t.after(() => server.close());
    check((await atTerminal(server.origin, "--client-id", "app")).findings);
  });

  test(`page: ${name}`, async (t) => {
    const server = await startServer(change);
    t.after(() => server.close());
    host.servers = [server.origin];
    check(await inPage(t, { issuer: server.origin }));
  });
}

test("terminal and page: a server that is well but for UserInfo: nothing is wrong, and the reader is told", async (t) => {
  const server = await startServer({ preflight: { "access-control-allow-headers": "x-other" } });
  t.after(() => server.close());
  host.servers = [server.origin];
  for (const findings of [(await atTerminal(server.origin)).findings, await inPage(t, { issuer: server.origin })]) {
    assert.deepEqual(bad(findings), []);
    assert.equal(of(findings, "UserInfo endpoint").result, "unknown");
  }
});

test("terminal and page: a server announces proofs of a key, and lets a page send them, or not", async (t) => {
  const name = "proofs of a key (DPoP)";
  const metadata = { dpop_signing_alg_values_supported: ["RS256", "ES256"] };
  const cases = [
    [{ metadata, preflight: { "access-control-allow-headers": "authorization, dpop" } }, "good"],
    [{ metadata }, "unknown"],
    [{ metadata: { dpop_signing_alg_values_supported: ["RS256"] } }, "unknown"],
    [{}, undefined],
  ];
  for (const [change, result] of cases) {
    const server = await startServer(change);
    t.after(() => server.close());
    host.servers = [server.origin];
    for (const findings of [(await atTerminal(server.origin)).findings, await inPage(t, { issuer: server.origin })]) {
      assert.equal(of(findings, name)?.result, result);
    }
    const demanded = await inPage(t, { issuer: server.origin, dpop: "always" });
    assert.equal(of(demanded, name).result, result === "good" ? "good" : "bad");
    assert.equal(of(await inPage(t, { issuer: server.origin, dpop: "never" }), name), undefined);
  }
});

test("terminal and page: nobody answers", async (t) => {
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
  const issuer = `http://127.0.0.1:${port}`;
  host.servers = [issuer];
  assert.deepEqual(bad((await atTerminal(issuer)).findings), ["metadata"]);
  assert.deepEqual(bad(await inPage(t, { issuer })), ["metadata"]);
});

test("terminal: what a server says steers no terminal", async (t) => {
  const nasty = "\x1b[2J\x1b]0;title\x07\u009b1A\nok     all: is well\u202e\u2028";
  const server = await startServer({
    metadata: { issuer: nasty, id_token_signing_alg_values_supported: [nasty], response_types_supported: [nasty] },
    "/token": (_, response, cors) => sendJson(response, 400, { error: nasty }, cors),
    "/authorize": (request, response) => {
      const to = new URL(new URL(request.url, "http://localhost").searchParams.get("redirect_uri"));
      to.searchParams.set("error", nasty);
      response.writeHead(302, { location: to.href });
      response.end();
    },
  });
  t.after(() => server.close());
  const { stdout, stderr } = await run("doctor", server.origin, "--client-id", "app", "--redirect-uri", `${host.origin}/callback`);
  assert.equal(stderr, "");
  assert.match(stdout, /all: is well/, "it is shown");
  assert.doesNotMatch(stdout, /^ok {5}all/m, "but not as a line of its own");
  assert.doesNotMatch(stdout.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

test("terminal: a server somewhere else does not have it ask this machine", async (t) => {
  const asked = [];
  const inner = await serve((request, response) => (asked.push(request.url), sendJson(response, 200, {})));
  t.after(() => inner.close());
  const members = ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "revocation_endpoint"];
  const metadata = Object.fromEntries(members.map((name) => [name, `${inner.origin}/${name}`]));
  // This address leads here, too, and is not one that means this machine.
  const server = await startServer({ metadata }, "0.0.0.0");
  t.after(() => server.close());
  const { findings } = await atTerminal(server.origin, "--client-id", "app");
  assert.deepEqual(asked, []);
  assert(["authorization_endpoint", "token_endpoint", "keys"].every((name) => bad(findings).includes(name)), bad(findings).join());
});

for (const value of ["RS256", 7, { RS256: true }, [7, {}]]) {
  test(`terminal: lists in the metadata that are ${JSON.stringify(value)} end in findings`, async (t) => {
    const names = ["response_types_supported", "grant_types_supported", "id_token_signing_alg_values_supported", "scopes_supported"];
    const server = await startServer({ metadata: Object.fromEntries(names.map((name) => [name, value])) });
    t.after(() => server.close());
    const { findings } = await atTerminal(server.origin, "--client-id", "app");
    assert(bad(findings).includes("signatures of ID tokens"));
  });
}

test("terminal: the server's clock is wrong", async (t) => {
  const server = await startServer({
    [metadataPath]: (_, response, cors) => sendJson(response, 200, {}, { ...cors, date: new Date(Date.now() + 300_000).toUTCString() }),
  });
  t.after(() => server.close());
  const { findings } = await atTerminal(server.origin);
  assert.match(of(findings, "clock").found, /(299|300) s ahead/);
});

test("page: at a server that is well nothing is wrong", async (t) => {
  host.servers = [oidc.origin];
  const findings = await inPage(t, { issuer: oidc.issuer });
  assert.deepEqual(bad(findings), []);
  for (const checked of ["crypto.subtle", "WebAssembly", "sessionStorage", "IndexedDB, for the key that seals the session", "redirect URI", "clock", "metadata", "keys", "token endpoint"]) {
    assert.equal(of(findings, checked)?.result, "good", JSON.stringify(of(findings, checked)));
  }
});

test("page: the policy lacks the server, and the finding says so", async (t) => {
  host.servers = [];
  const findings = await inPage(t, { issuer: oidc.issuer });
  assert.deepEqual(bad(findings), ["metadata"]);
  assert.match(of(findings, "metadata").found, /policy forbids it \(connect-src\)/);
  assert.match(of(findings, "metadata").change, new RegExp(oidc.origin));
});

test("page: the policy forbids WebAssembly", async (t) => {
  policy = (servers) => strict(servers).replace(" 'wasm-unsafe-eval'", "");
  t.after(() => (policy = strict));
  host.servers = [oidc.origin];
  assert.deepEqual(bad(await inPage(t, { issuer: oidc.issuer })), ["WebAssembly"]);
});

test("page: the redirect URI is of another origin, or is not answered with the page", async (t) => {
  host.servers = [oidc.origin];
  assert.deepEqual(bad(await inPage(t, { issuer: oidc.issuer, redirectUri: "https://other.example/callback" })), ["redirect URI"]);
  const findings = await inPage(t, { issuer: oidc.issuer, redirectUri: `${host.origin}/missing.html` });
  assert.match(of(findings, "redirect URI").found, /404/);
});

test("page: the browser keeps nothing", async (t) => {
  host.servers = [oidc.origin];
  const prepare = () => {
    Storage.prototype.setItem = () => {};
    IDBFactory.prototype.open = () => {
      throw new DOMException("no", "SecurityError");
    };
  };
  const findings = await inPage(t, { issuer: oidc.issuer }, { prepare });
  assert.deepEqual(bad(findings), ["sessionStorage", "IndexedDB, for the key that seals the session"]);
});
