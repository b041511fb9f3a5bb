// The WorkSmart stand-in is as strict as it claims: a lenient one would accept a wrong client.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startResource } from "../servers/resource.mjs";
import { startWorksmart } from "../servers/worksmart.mjs";

let now = 1_000_000;
const redirectUri = "http://127.0.0.1:9/callback?from=worksmart";
const worksmart = await startWorksmart({ redirectUris: [redirectUri], clock: () => now });
const resource = await startResource(worksmart);
after(() => Promise.all([resource.close(), worksmart.close()]));

const { clientId, clientSecret, origin } = worksmart;
const authorize = (query) => fetch(`${origin}/api/v1/oauth2/authorize?${query}`, { redirect: "manual" });
const documented = `client_id=${clientId}&response_type=code&state=s`;

/** The parameters with which the browser is sent back, or `undefined` if it is not. */
function sentBack(answer) {
  const location = answer.headers.get("location");
  if (!location) return undefined;
  assert(location.startsWith(`${redirectUri}&`));
  const { from, ...parameters } = Object.fromEntries(new URL(location).searchParams);
  return parameters;
}

async function signIn(choice = "allow", password = "wicket", query = documented) {
  const page = await (await authorize(query)).text();
  const [, action] = /action="([^"]+)"/.exec(page);
  const body = new URLSearchParams({ username: "ada", password, choice });
  return fetch(new URL(action, origin), { method: "POST", body, redirect: "manual" });
}

const newCode = async () => sentBack(await signIn()).code;

async function redeem(code, changes = {}, init = {}) {
  const parameters = {
    client_id: clientId,
    client_secret: clientSecret,
    grant_type: "authorization_code",
    code,
    ...changes,
  };
  const body = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined));
  const answer = await fetch(`${origin}/api/v1/oauth2/token`, { method: "POST", body, ...init });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

const refused = (status, error) => ({ status, error });
const refusal = ({ status, body }) => ({ status, error: body.error });
const whoHas = async (token) =>
  (await fetch(`${resource.origin}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status;

test("authorize: client or redirect URI in doubt is a 400 page that leads nowhere", async () => {
  const doubtful = [
    "response_type=code&state=s",
    "client_id=other&response_type=code&state=s",
    `${documented}&client_id=${clientId}`,
    `${documented}&redirect_uri=https://evil.example/`,
    `${documented}&redirect_uri=${encodeURIComponent(redirectUri)}&redirect_uri=${encodeURIComponent(redirectUri)}`,
    `${documented}&scope=all`,
    `${documented}&code_challenge=x&code_challenge_method=S256`,
  ];
  for (const query of doubtful) {
    const answer = await authorize(query);
    assert.equal(answer.status, 400, query);
    assert.equal(sentBack(answer), undefined, query);
  }
});

test("authorize: other mistakes are sent back with error and state", async () => {
  const mistakes = {
    [`client_id=${clientId}&state=s`]: { error: "invalid_request", state: "s" },
    [`client_id=${clientId}&response_type=code&response_type=code&state=s`]: { error: "invalid_request", state: "s" },
    [`client_id=${clientId}&response_type=token&state=s`]: { error: "unsupported_response_type", state: "s" },
    [`client_id=${clientId}&response_type=code`]: { error: "invalid_request" },
    [`client_id=${clientId}&response_type=code&state=s&state=s`]: { error: "invalid_request" },
  };
  for (const [query, expected] of Object.entries(mistakes))
    assert.deepEqual(sentBack(await authorize(query)), expected, query);
});

test("sign-in: allow, deny, and a wrong password", async () => {
  assert.deepEqual(Object.keys(sentBack(await signIn())), ["code", "state"]);
  assert.deepEqual(sentBack(await signIn("deny")), { error: "access_denied", state: "s" });
  assert.equal((await signIn("allow", "wrong")).status, 401);
});

test("token: answers as documented, scope null included, without CORS headers", async () => {
  const { status, headers, body } = await redeem(await newCode(), {}, { headers: { origin: "http://127.0.0.1:9" } });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ["access_token", "expires_in", "token_type", "scope", "refresh_token"]);
  assert.deepEqual([body.expires_in, body.token_type, body.scope], [3600, "Bearer", null]);
  assert.equal(headers.get("access-control-allow-origin"), null);
  assert.equal(headers.get("cache-control"), "no-store");
});

test("token: missing, repeated and undocumented parameters are refused, and so is a wrong secret", async () => {
  const code = await newCode();
  for (const name of ["client_id", "client_secret", "grant_type", "code"]) {
    assert.deepEqual(refusal(await redeem(code, { [name]: undefined })), refused(400, "invalid_request"), name);
  }
  const twice = `client_id=${clientId}&client_secret=${clientSecret}&grant_type=authorization_code&code=${code}&code=${code}`;
  const form = { "content-type": "application/x-www-form-urlencoded" };
  assert.deepEqual(refusal(await redeem(code, {}, { body: twice, headers: form })), refused(400, "invalid_request"));
  assert.deepEqual(refusal(await redeem(code, { code_verifier: "v" })), refused(400, "invalid_request"));
  assert.deepEqual(refusal(await redeem(code, { grant_type: "password" })), refused(400, "unsupported_grant_type"));
  assert.deepEqual(refusal(await redeem(code, { client_secret: "wrong" })), refused(401, "invalid_client"));
  assert.equal((await redeem(code)).status, 200, "none of that used the code up");
});

test("token: redirect_uri comes with the code exactly when the authorization request named it (RFC 6749 §4.1.3)", async () => {
  const unnamed = await newCode();
  assert.deepEqual(refusal(await redeem(unnamed, { redirect_uri: redirectUri })), refused(400, "invalid_grant"));
  assert.equal((await redeem(unnamed)).status, 200);

  const query = `${documented}&redirect_uri=${encodeURIComponent(redirectUri)}`;
  const named = sentBack(await signIn("allow", "wicket", query)).code;
  for (const redirect_uri of [undefined, "http://127.0.0.1:9/callback"]) {
    assert.deepEqual(refusal(await redeem(named, { redirect_uri })), refused(400, "invalid_grant"));
  }
  assert.equal((await redeem(named, { redirect_uri: redirectUri })).status, 200);
});

test("token: a code lives for 60 seconds", async () => {
  const [punctual, late] = [await newCode(), await newCode()];
  now += 59;
  assert.equal((await redeem(punctual)).status, 200);
  now += 1;
  assert.deepEqual(refusal(await redeem(late)), refused(400, "invalid_grant"));
});

test("token: a code used twice is refused, and its token is revoked", async () => {
  const code = await newCode();
  const { body } = await redeem(code);
  assert.equal(await whoHas(body.access_token), 200);
  assert.deepEqual(refusal(await redeem(code)), refused(400, "invalid_grant"));
  assert.equal(await whoHas(body.access_token), 401);
});

test("API: answers to a live Bearer token only", async () => {
  assert.equal((await fetch(`${resource.origin}/api/v1/me`)).status, 401);
  assert.equal(await whoHas("invented"), 401);
  const { body } = await redeem(await newCode());
  assert.equal(await whoHas(body.access_token), 200);
  now += 3600;
  assert.equal(await whoHas(body.access_token), 401);
});
