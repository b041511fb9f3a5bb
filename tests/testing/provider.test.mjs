// The provider for tests of apps refuses everything that a real one refuses: a request that it accepts must not fail elsewhere.
import assert from "node:assert/strict";
import { constants, createHash, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { test } from "node:test";
import * as oauth from "oauth4webapi";
import { failures } from "wicketgate/testing";
import { claimsOf, redirectUri, startFlow } from "./flow.mjs";

const refused = (answer, error, status = 400) => assert.deepEqual([answer.status, answer.json.error], [status, error]);

// ── The authorization endpoint ──

test("a client or redirect URI that is not registered is told to the person, and nobody is sent anywhere", async () => {
  const flow = await startFlow();
  const wrong = [
    { client_id: "another-app" },
    { client_id: undefined },
    { redirect_uri: undefined },
    { redirect_uri: `${redirectUri}/` },
    { redirect_uri: `${redirectUri}?x=1` },
    { redirect_uri: "https://APP.test/callback" },
  ];
  for (const changes of wrong) {
    const asked = flow.provider.authorize(flow.authorizationUrl(changes));
    await assert.rejects(asked, /sends nobody back: The (client_id|redirect_uri) is/, JSON.stringify(changes));
  }
  await assert.rejects(flow.provider.authorize(`${flow.authorizationUrl()}&redirect_uri=${redirectUri}`), /redirect_uri is there twice/);
});

test("a request names several resources, each by a parameter of its own", async () => {
  const flow = await startFlow();
  const url = flow.authorizationUrl();
  const back = new URL(await flow.provider.authorize(`${url}&resource=urn%3Aa&resource=urn%3Ab`));
  assert(back.searchParams.has("code"), back.search);
  const twice = new URL(await flow.provider.authorize(`${url}&scope=openid`));
  assert.equal(twice.searchParams.get("error_description"), "scope is there twice");
});

test("an authorization request that is wrong otherwise is told to the client, with state and iss", async () => {
  const flow = await startFlow();
  const wrong = [
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ code_challenge: undefined }, "invalid_request"],
    [{ code_challenge: "short" }, "invalid_request"],
    [{ code_challenge_method: "plain" }, "invalid_request"],
    [{ code_challenge_method: undefined }, "invalid_request"],
    [{ prompt: "none login" }, "invalid_request"],
    [{ max_age: "soon" }, "invalid_request"],
    [{ response_mode: "form_post" }, "invalid_request"],
    [{ request: "e30.e30." }, "request_not_supported"],
    [{ request_uri: "https://app.test/request" }, "request_uri_not_supported"],
    [{ claims: '{"id_token":{"acr":{"essential":true,"values":["two"]}}}' }, "unmet_authentication_requirements"],
  ];
  for (const [changes, error] of wrong) {
    const { error_description: description, ...response } = await flow.authorize(changes);
    assert.deepEqual(response, { error, state: "s", iss: flow.provider.issuer }, JSON.stringify(changes));
    assert(description);
  }
  const twice = new URL(await flow.provider.authorize(`${flow.authorizationUrl()}&scope=openid`));
  assert.equal(twice.searchParams.get("error"), "invalid_request");
});

test("a response comes in the fragment where that was asked for", async () => {
  const flow = await startFlow();
  const { search, hash } = new URL(await flow.provider.authorize(flow.authorizationUrl({ response_mode: "fragment" })));
  assert.equal(search, "");
  assert(new URLSearchParams(hash.slice(1)).get("code"));
});

test("prompt=none succeeds only for who is logged in at the provider", async () => {
  const flow = await startFlow();
  const silently = () => flow.authorize({ prompt: "none" });
  assert.equal((await silently()).error, "login_required");
  const { id_token: idToken } = await flow.logIn();
  assert((await silently()).code);

  flow.provider.user = { sub: "grace" };
  assert.equal((await silently()).error, "login_required", "somebody else's login");
  flow.provider.user = { sub: "ada" };

  await flow.get(`${flow.metadata.end_session_endpoint}?id_token_hint=${idToken}`);
  assert.equal((await silently()).error, "login_required", "after the logout");
});

test("auth_time is that of the login, which max_age and prompt=login make anew", async () => {
  const flow = await startFlow();
  const authTime = async (changes) => claimsOf((await flow.logIn(changes)).id_token).auth_time;
  const first = await authTime();
  flow.provider.advance(100);
  assert.equal(await authTime(), first);
  assert.equal(await authTime({ max_age: "1000" }), first);
  const second = await authTime({ max_age: "60" });
  assert(second >= first + 100);
  flow.provider.advance(100);
  assert((await authTime({ prompt: "login" })) >= second + 100);
});

// ── The token endpoint ──

test("a code is redeemed once: the second attempt is refused, and revokes what came of the first", async () => {
  const flow = await startFlow();
  const { code } = await flow.authorize();
  const { json: tokens } = await flow.redeem(code);
  assert.equal((await flow.userInfo(tokens.access_token)).status, 200);
  refused(await flow.redeem(code), "invalid_grant");
  assert.equal((await flow.userInfo(tokens.access_token)).status, 401);
  refused(await flow.renew(tokens.refresh_token), "invalid_grant");
});

test("a code is refused with another verifier, redirect URI or client, and is used up by it", async () => {
  const flow = await startFlow();
  for (const changes of [
    { code_verifier: flow.verifier.replace(/^./, (first) => (first === "x" ? "y" : "x")) },
    { code_verifier: undefined },
    { redirect_uri: `${redirectUri}/` },
    { redirect_uri: undefined },
  ]) {
    const { code } = await flow.authorize();
    refused(await flow.redeem(code, changes), "invalid_grant");
    refused(await flow.redeem(code), "invalid_grant");
  }
  const { code } = await flow.authorize();
  refused(await flow.redeem(code, { client_id: "another-app" }), "invalid_client", 401);
  refused(await flow.redeem(code, { client_secret: "secret" }), "invalid_client", 401);
  refused(await flow.redeem("code-unknown"), "invalid_grant");
  refused(await flow.redeem(code, { grant_type: "password" }), "unsupported_grant_type");
});

test("a token request is a form, with each parameter once", async () => {
  const flow = await startFlow();
  const { code } = await flow.authorize();
  refused(await flow.post(flow.metadata.token_endpoint, { code }, "application/json"), "invalid_request");
  const { clientId: client_id } = flow.provider;
  const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri, client_id, code_verifier: flow.verifier };
  const body = new URLSearchParams([...Object.entries(form), ["code", code]]);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await flow.provider.respond({ method: "POST", url: flow.metadata.token_endpoint, headers, body: String(body) });
  assert.equal(JSON.parse(answer.body).error, "invalid_request");
});

test("a code is good for a minute, an access token for an hour, by the provider's clock", async () => {
  const flow = await startFlow();
  const { code } = await flow.authorize();
  flow.provider.advance(60);
  refused(await flow.redeem(code), "invalid_grant");
  const tokens = await flow.logIn();
  flow.provider.advance(3600);
  assert.equal((await flow.userInfo(tokens.access_token)).status, 401);
  flow.provider.advance(86_400);
  refused(await flow.renew(tokens.refresh_token), "invalid_grant");
});

test("refresh tokens rotate, and one that comes again revokes them all", async () => {
  const flow = await startFlow();
  const first = await flow.logIn();
  const { json: second } = await flow.renew(first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal(claimsOf(second.id_token).nonce, undefined);
  refused(await flow.renew(first.refresh_token), "invalid_grant");
  refused(await flow.renew(second.refresh_token), "invalid_grant");
  assert.equal((await flow.userInfo(second.access_token)).status, 401);
});

test("a renewal may ask for less, and not for more", async () => {
  const flow = await startFlow();
  const { refresh_token: token } = await flow.logIn();
  refused(await flow.renew(token, { scope: "openid email" }), "invalid_scope");
  const { json } = await flow.renew(token, { scope: "openid" });
  assert.equal(json.scope, "openid");
  assert.deepEqual((await flow.userInfo(json.access_token)).json, { sub: "ada" });
  assert.equal((await flow.renew(json.refresh_token)).json.scope, "openid profile offline_access");
});

test("without offline_access there is no refresh token, without openid no ID token and no UserInfo", async () => {
  const flow = await startFlow();
  const tokens = await flow.logIn({ scope: "profile" });
  assert.equal(tokens.refresh_token, undefined);
  assert.equal(tokens.id_token, undefined);
  assert.equal((await flow.userInfo(tokens.access_token)).status, 403);
  assert.equal((await flow.userInfo("access-token-unknown")).status, 401);
});

test("claims are given out for the scope that has them, those of no scope always", async () => {
  const user = { sub: "ada", name: "Ada", email: "ada@example.com", roles: ["admin"] };
  const flow = await startFlow({ user });
  const { id_token: idToken, access_token: accessToken } = await flow.logIn({ scope: "openid email" });
  const expected = { sub: "ada", email: "ada@example.com", roles: ["admin"] };
  assert.deepEqual((await flow.userInfo(accessToken)).json, expected);
  const { name, email, roles } = claimsOf(idToken);
  assert.deepEqual({ name, email, roles }, { name: undefined, email: expected.email, roles: expected.roles });
});

// ── ID tokens and keys ──

for (const algorithm of ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519"]) {
  test(`an ID token is signed with ${algorithm}, and its claims are those of the login`, async () => {
    const flow = await startFlow({ algorithm });
    assert.deepEqual(flow.metadata.id_token_signing_alg_values_supported, [algorithm]);
    const { id_token: idToken, access_token: accessToken } = await flow.logIn();
    const { keys } = (await flow.get(flow.metadata.jwks_uri)).json;
    const [header, payload, signature] = idToken.split(".");
    const { alg, kid } = JSON.parse(Buffer.from(header, "base64url"));
    const jwk = keys.find((key) => key.kid === kid);
    assert.deepEqual([alg, jwk.alg, jwk.use, jwk.d], [algorithm, algorithm, "sig", undefined]);
    const pss = alg.startsWith("PS") && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(alg.slice(2)) / 8 };
    const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363", ...pss };
    const isEdwards = alg.startsWith("Ed");
    const hash = isEdwards ? "sha512" : `sha${alg.slice(2)}`;
    assert(verify(isEdwards ? null : hash, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")));

    const { iss, sub, aud, nonce, iat, exp, at_hash: atHash } = claimsOf(idToken);
    assert.deepEqual([iss, sub, aud, nonce, exp - iat], [flow.provider.issuer, "ada", "my-app", "n", 3600]);
    const whole = createHash(hash).update(accessToken).digest();
    assert.equal(atHash, whole.subarray(0, whole.length / 2).toString("base64url"));
  });
}

test("after a rotation of keys there is one key, another one", async () => {
  const flow = await startFlow();
  const keys = async () => (await flow.get(flow.metadata.jwks_uri)).json.keys.map(({ kid }) => kid);
  const [before] = await keys();
  await flow.provider.rotateKeys();
  const after = await keys();
  assert.equal(after.length, 1);
  assert.notEqual(after[0], before);
});

test("a given key signs, and only its public half is published", async () => {
  const jwk = { ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }), kid: "given" };
  const flow = await startFlow({ key: jwk });
  const { keys } = (await flow.get(flow.metadata.jwks_uri)).json;
  assert.deepEqual(keys, [{ kid: "given", kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y, use: "sig", alg: "ES256" }]);
  const [header, payload, signature] = (await flow.logIn()).id_token.split(".");
  const key = { key: createPublicKey({ key: keys[0], format: "jwk" }), dsaEncoding: "ieee-p1363" };
  assert(verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")));
});

// ── Hooks ──

test("a hook says something in the place of the truth, and of nothing else", async () => {
  const changes = {
    metadata: (document) => ({ ...document, more: 1 }),
    keys: () => [],
    header: (header) => ({ ...header, kid: "another" }),
    claims: (claims, { place }) => ({ ...claims, place }),
    tokenResponse: ({ expires_in: _, ...response }) => response,
    userinfo: async () => ({ sub: "another" }),
    accessToken: (text) => `${text}-more`,
  };
  const honest = await startFlow();
  const flow = await startFlow({ hooks: changes });
  assert.equal(flow.metadata.more, 1);
  assert.deepEqual(Object.keys({ ...flow.metadata, more: 1 }).sort(), Object.keys({ ...honest.metadata, more: 1 }).sort());
  assert.deepEqual((await flow.get(flow.metadata.jwks_uri)).json, { keys: [] });
  const tokens = await flow.logIn();
  assert.equal(tokens.expires_in, undefined);
  assert.match(tokens.access_token, /-more$/);
  assert.equal(JSON.parse(Buffer.from(tokens.id_token.split(".")[0], "base64url")).kid, "another");
  assert.equal(claimsOf(tokens.id_token).place, "token");
  assert.equal(claimsOf((await flow.renew(tokens.refresh_token)).json.id_token).place, "refresh");
  assert.deepEqual((await flow.userInfo(tokens.access_token)).json, { sub: "another" });
});

test("an answer in the place of the endpoint's leaves the endpoint unasked; a changed one does not", async () => {
  let mode = "";
  const unavailable = { status: 503, headers: {}, body: "" };
  const instead = (truth, { place }) => (mode === "instead" && place === "token" ? unavailable : truth);
  const answer = (truth, { place }) => (mode === "answer" && place === "token" ? unavailable : truth);
  const flow = await startFlow({ hooks: { instead, answer } });
  const { code } = await flow.authorize();
  mode = "instead";
  assert.equal((await flow.redeem(code)).status, 503);
  mode = "";
  assert.equal((await flow.redeem(code)).status, 200);
  const { code: second } = await flow.authorize();
  mode = "answer";
  assert.equal((await flow.redeem(second)).status, 503);
  mode = "";
  refused(await flow.redeem(second), "invalid_grant");
});

test("a failure comes on top of the hooks", async () => {
  const flow = await startFlow({ hooks: { claims: (claims) => ({ ...claims, aud: "hooked", more: 1 }) } });
  flow.provider.fail("wrong audience");
  const { aud, more } = claimsOf((await flow.logIn()).id_token);
  assert.deepEqual([aud, more], ["another-app", 1]);
});

// ── Revocation and logout ──

test("a revoked refresh token takes its access tokens along; what is unknown is revoked already", async () => {
  const flow = await startFlow();
  const revoke = (token) => flow.post(flow.metadata.revocation_endpoint, { token, client_id: flow.provider.clientId });
  const tokens = await flow.logIn();
  assert.equal((await revoke(tokens.refresh_token)).status, 200);
  refused(await flow.renew(tokens.refresh_token), "invalid_grant");
  assert.equal((await flow.userInfo(tokens.access_token)).status, 401);
  assert.equal((await revoke("unknown")).status, 200);
  refused(await flow.post(flow.metadata.revocation_endpoint, { token: "x", client_id: "another-app" }), "invalid_client", 401);

  const others = await flow.logIn();
  await revoke(others.access_token);
  assert.equal((await flow.userInfo(others.access_token)).status, 401);
  assert.equal((await flow.renew(others.refresh_token)).status, 200);
});

test("a logout leads back only to what is registered, for a known client", async () => {
  const flow = await startFlow();
  const { id_token: idToken } = await flow.logIn();
  const url = (parameters) => `${flow.metadata.end_session_endpoint}?${new URLSearchParams(parameters)}`;
  const home = { post_logout_redirect_uri: "https://app.test/", state: "x" };
  assert.equal(await flow.provider.authorize(url({ id_token_hint: idToken, ...home })), "https://app.test/?state=x");
  for (const wrong of [
    { ...home },
    { ...home, client_id: "another-app" },
    { ...home, id_token_hint: `${idToken}x` },
    { id_token_hint: idToken, post_logout_redirect_uri: "https://app.test" },
  ]) {
    await assert.rejects(flow.provider.authorize(url(wrong)), /sends nobody back/, JSON.stringify(wrong));
  }
});

// ── What a browser sees ──

test("only a registered origin may read; metadata and keys may everybody", async () => {
  const flow = await startFlow();
  const allowed = async (url, origin) => (await flow.get(url, { origin })).headers["access-control-allow-origin"];
  assert.equal(await allowed(flow.metadata.userinfo_endpoint, "https://app.test"), "https://app.test");
  assert.equal(await allowed(flow.metadata.userinfo_endpoint, "https://other.test"), undefined);
  assert.equal(await allowed(flow.metadata.jwks_uri, "https://other.test"), "*");
  const asked = { method: "OPTIONS", url: flow.metadata.userinfo_endpoint, headers: { origin: "https://app.test" }, body: "" };
  const preflight = await flow.provider.respond(asked);
  assert.match(preflight.headers["access-control-allow-headers"], /authorization/);
});

test("an issuer with a path has its endpoints below it, and its metadata where both standards look", async () => {
  const flow = await startFlow({ issuer: "https://login.test/tenant" });
  assert.equal(flow.metadata.token_endpoint, "https://login.test/tenant/token");
  const { json } = await flow.get("https://login.test/.well-known/oauth-authorization-server/tenant");
  assert.deepEqual(json, flow.metadata);
  assert.equal((await flow.get("https://login.test/.well-known/openid-configuration")).status, 404);
});

test("another client, oauth4webapi, logs in and renews its tokens", async () => {
  const { provider } = await startFlow();
  const fetchIt = {
    [oauth.customFetch]: async (url, { method, headers, body }) => {
      const answer = await provider.respond({ method, url, headers, body: String(body ?? "") });
      return new Response(answer.body, answer);
    },
  };
  const issuer = new URL(provider.issuer);
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, fetchIt));
  const client = { client_id: provider.clientId };
  const [verifier, nonce, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomNonce(), oauth.generateRandomState()];
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    nonce,
    state,
  });
  const callback = oauth.validateAuthResponse(server, client, new URL(await provider.authorize(url)), state);
  const asked = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), callback, redirectUri, verifier, fetchIt);
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, asked, { expectedNonce: nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(server, asked, fetchIt);
  const again = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, fetchIt);
  const renewed = await oauth.processRefreshTokenResponse(server, client, again);
  const who = await oauth.userInfoRequest(server, client, renewed.access_token, fetchIt);
  const info = await oauth.processUserInfoResponse(server, client, "ada", who);
  assert.equal(info.sub, "ada");
});

// ── The record of failures ──

test("a failure that is unknown, or cannot be at that place, is the test's own mistake", async () => {
  const { provider } = await startFlow();
  assert.throws(() => provider.fail("wrong"), /there is no failure "wrong"/);
  assert.throws(() => provider.fail("denied", { at: "token" }), /"denied" can be at authorization, not at token/);
});

test("a failure lasts until it is ended, or for so many requests; the later of two counts", async () => {
  const flow = await startFlow();
  const response = async () => {
    const { error, iss } = await flow.authorize();
    return error ?? iss;
  };
  const end = flow.provider.fail("denied");
  assert.deepEqual([await response(), await response()], ["access_denied", "access_denied"]);
  flow.provider.fail("login required", { times: 1 });
  assert.deepEqual([await response(), await response()], ["login_required", "access_denied"]);
  end();
  assert.equal(await response(), flow.provider.issuer);
  flow.provider.fail("denied");
  flow.provider.fail("no iss");
  flow.provider.recover();
  assert.equal(await response(), flow.provider.issuer);
  const seen = flow.provider.requests.slice(1).map(({ failure }) => failure);
  assert.deepEqual(seen, ["denied", "denied", "login required", "denied", undefined, undefined]);
});

test("what is slow is answered when the failure ends", async () => {
  const flow = await startFlow();
  const { access_token: accessToken } = await flow.logIn();
  const end = flow.provider.fail("slow", { at: "userinfo" });
  let isAnswered = false;
  const answer = flow.userInfo(accessToken).finally(() => (isAnswered = true));
  await flow.logIn(); // meanwhile, all other requests are answered
  assert(!isAnswered);
  end();
  assert.equal((await answer).json.sub, "ada");
});

test("what is lost on the way back has been done", async () => {
  const flow = await startFlow();
  const tokens = await flow.logIn();
  flow.provider.fail("lost answer", { at: "refresh", times: 1 });
  const request = { grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id: flow.provider.clientId };
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const asked = { method: "POST", url: flow.metadata.token_endpoint, headers, body: String(new URLSearchParams(request)) };
  assert.equal(await flow.provider.respond(asked), undefined);
  refused(await flow.renew(tokens.refresh_token), "invalid_grant");
});

test("every place of every failure is one that a request can be at", () => {
  const places = ["discovery", "keys", "authorization", "token", "refresh", "userinfo", "revocation"];
  for (const [name, at] of Object.entries(failures)) {
    assert(Object.keys(at).length > 0, name);
    for (const place of Object.keys(at)) assert(places.includes(place), name);
  }
});
