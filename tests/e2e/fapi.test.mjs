// The backend as a FAPI 2.0 client of a real provider with that profile: pushed requests, private_key_jwt with PS256, tokens
// bound to a key, and a nonce demanded in each proof. The browser is fetch with a cookie jar: no page takes part.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { buildBackend, startBackend } from "../servers/backend.mjs";
import { startOidc } from "../servers/oidc.mjs";

const origin = "https://app.example";
const clientId = "fapi-client";
const folder = mkdtempSync(join(tmpdir(), "wicketgate-fapi-"));
const ended = [];
after(async () => {
  await Promise.all(ended.map((end) => end()));
  rmSync(folder, { recursive: true });
});

/** A new key, whose name is its thumbprint (RFC 7638). */
function keyPair() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { e, kty, n } = publicKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(JSON.stringify({ e, kty, n })).digest("base64url");
  return { pem: privateKey.export({ type: "pkcs8", format: "pem" }), jwk: { e, kty, n, kid, use: "sig" } };
}

/**
 * @param options.environment of the backend
 * @param options.client further metadata of the client at the provider
 */
async function start({ environment = {}, client = {} } = {}) {
  await buildBackend();
  const { pem, jwk } = keyPair();
  const keyFile = join(folder, `${randomBytes(4).toString("hex")}.pem`);
  writeFileSync(keyFile, pem);
  const redirectUri = `${origin}/auth/callback`;
  const oidc = await startOidc({
    redirectUris: [redirectUri],
    clientId: "another",
    clients: {
      [clientId]: {
        token_endpoint_auth_method: "private_key_jwt",
        token_endpoint_auth_signing_alg: "PS256",
        dpop_bound_access_tokens: true,
        jwks: { keys: [jwk] },
        ...client,
      },
    },
    features: {
      fapi: { enabled: true, profile: "2.0" },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    },
  });
  ended.push(oidc.close);
  const backend = await startBackend({
    publicOrigin: origin,
    clientId,
    tokenEndpoint: `${oidc.origin}/token`,
    environment: {
      WICKETGATE_ISSUER: oidc.issuer,
      WICKETGATE_SCOPE: "openid profile offline_access",
      // The provider's UserInfo endpoint is an API that checks a proof, and demands a nonce.
      WICKETGATE_API: `/userinfo=${oidc.origin}/me`,
      WICKETGATE_CLIENT_AUTHENTICATION: "private_key_jwt",
      WICKETGATE_CLIENT_KEY: keyFile,
      WICKETGATE_DPOP: "always",
      ...environment,
    },
  });
  ended.push(backend.close);
  return { oidc, backend, keyFile, user: new User(backend) };
}

/** A user's browser: it follows redirects, and keeps cookies by the host name of their server. */
class User {
  #jar = new Map();

  constructor(backend) {
    this.backend = backend;
  }

  async #fetch(url, options = {}) {
    // The backend answers for the page's origin.
    const place = new URL(url);
    const address = place.origin === origin ? new URL(place.pathname + place.search, this.backend.origin) : place;
    const kept = this.#jar.get(place.hostname) ?? new Map();
    this.#jar.set(place.hostname, kept);
    const cookie = [...kept].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(address, { redirect: "manual", ...options, headers: { ...(cookie && { cookie }), ...options.headers } });
    for (const field of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(field);
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(field)) kept.delete(name);
      else kept.set(name, value);
    }
    return response;
  }

  /** @returns the URL on the page's origin at which the browser ends */
  async logIn(query = "") {
    const navigate = { "sec-fetch-dest": "document", "sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin" };
    let url = `${origin}/auth/login?return_to=/notes&prompt=consent${query}`;
    let response = await this.#fetch(url, { headers: navigate });
    for (let step = 0; step < 20; step++) {
      const location = response.headers.get("location");
      if (location) {
        url = new URL(location, url).href;
        if (url.startsWith(origin) && !url.startsWith(`${origin}/auth/`)) return new URL(url);
        response = await this.#fetch(url, { headers: url.startsWith(origin) ? navigate : {} });
        continue;
      }
      const page = await response.text();
      const [, action] = /<form method="post" action="([^"]+)"/.exec(page) ?? assert.fail(`${response.status} ${url}: ${page}`);
      const body = new URLSearchParams({ username: "ada", password: "wicket", choice: "allow" });
      url = new URL(action.replaceAll("&#38;", "&"), url).href;
      response = await this.#fetch(url, { method: "POST", body });
    }
    assert.fail("it never ends");
  }

  ask(path) {
    return this.#fetch(`${origin}${path}`, { headers: { "x-requested-with": "wicketgate", "sec-fetch-site": "same-origin", origin } });
  }
}

/** The claims of a request's proof. */
const proofOf = ({ headers }) => JSON.parse(Buffer.from(headers.dpop.split(".")[1], "base64url"));

test("a FAPI 2.0 provider logs the user in, and its UserInfo endpoint takes the bound token", async () => {
  const { oidc, user, backend } = await start();
  const landed = await user.logIn();
  assert.equal(landed.href, `${origin}/notes`, backend.log());
  const session = await (await user.ask("/auth/session")).json();
  assert.equal(session.session.claims.sub, "ada");

  // The browser carries a reference, the server knows the client by its key, and each proof contains the demanded nonce.
  const [authorization] = oidc.requestsTo("/auth");
  assert.deepEqual([...new URLSearchParams(authorization.query).keys()], ["client_id", "request_uri"]);
  const [pushed, ...again] = oidc.requestsTo("/request");
  assert.equal(again.length, 1, "the first push told the nonce");
  assert.equal(new URLSearchParams(pushed.body).get("client_secret"), null);
  const requests = oidc.tokenRequests();
  assert.equal(requests.length, 1, "the code was sent once");
  assert(proofOf(requests[0]).nonce);

  const claims = await user.ask("/userinfo");
  assert.equal(claims.status, 200, backend.log());
  assert.equal((await claims.json()).name, "Ada Lovelace");
  const asked = oidc.requestsTo("/me").at(-1);
  assert.match(asked.headers.authorization, /^DPoP /);
  assert.equal(proofOf(asked).htu, `${oidc.origin}/me`);
});

test("a session is refreshed with a proof, and its new token is bound as well", async () => {
  const { oidc, user, backend } = await start();
  // The token is due for a refresh at once.
  oidc.lifetime = 1;
  await user.logIn();
  const before = oidc.tokenRequests().length;
  const deadline = Date.now() + 10_000;
  while (oidc.tokenRequests().length === before && Date.now() < deadline) {
    oidc.lifetime = 3600;
    await user.ask("/auth/session");
  }
  const refresh = oidc.tokenRequests().at(-1);
  assert.equal(new URLSearchParams(refresh.body).get("grant_type"), "refresh_token", backend.log());
  assert.equal((await user.ask("/userinfo")).status, 200, backend.log());
});

test("a key that replaces another in the file signs without a restart, and the provider refuses one that it does not know", async () => {
  const { oidc, user, backend, keyFile } = await start();
  const published = async () => (await (await user.ask("/auth/jwks")).json()).keys;
  const [before] = await published();
  writeFileSync(keyFile, keyPair().pem);
  const deadline = Date.now() + 10_000;
  while ((await published())[0].kid === before.kid && Date.now() < deadline) {
    // The file's time may be known only in whole seconds.
    writeFileSync(keyFile, keyPair().pem);
  }
  assert.notEqual((await published())[0].kid, before.kid);
  // The provider knows only the previous key.
  const landed = await user.logIn();
  assert.equal(landed.searchParams.get("wicketgate_error"), "token_request_failed");
  assert.match(backend.log(), /WICKETGATE_CLIENT_KEY/);
  assert.equal(oidc.tokenRequests().length, 0);
});

test("a login that must be pushed and may not be is none", async () => {
  const { user } = await start({ environment: { WICKETGATE_PAR: "never" } });
  const landed = await user.logIn();
  assert.equal(landed.searchParams.get("wicketgate_error"), "pushed_request_required");
});
