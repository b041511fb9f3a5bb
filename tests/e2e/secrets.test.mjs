// The places where no secret may be. For WorkSmart: neither the client secret nor a token is in the page, or in any message to
// or from it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { needs } from "./browser.mjs";
import { startStage, until } from "./stage.mjs";
import { parameter } from "./tab.mjs";

const stage = await startStage();
after(() => stage.close());

const [openid, worksmart] = stage.ways;

/** Records all requests and console messages of the context's pages. The returned function waits for pending ones. */
function listen(context) {
  const texts = [];
  const pending = [];
  context.on("request", (request) => {
    const what = `request ${request.url()}`;
    texts.push({ what, text: `${request.url()}\n${request.postData() ?? ""}` });
    pending.push(request.allHeaders().then((headers) => texts.push({ what, text: JSON.stringify(headers) })));
  });
  context.on("console", (message) => texts.push({ what: "console", text: message.text() }));
  context.on("weberror", (error) => texts.push({ what: "error", text: String(error.error()) }));
  return async () => {
    await Promise.all(pending);
    return texts;
  };
}

worksmart.test("WorkSmart: §6 the client secret and the tokens are nowhere in the page or its traffic", needs("traffic"), async (t) => {
  const tab = await stage.open(t);
  const heard = listen(tab.page.context());
  const issued = stage.worksmart.issued.length;
  const { session, backend } = await tab.logIn(worksmart.config());
  const profile = await tab.evaluate(async () => (await fetch("/api/v1/me")).json());
  assert.equal(profile.id, "ada", "the token works, behind the backend");
  await tab.visit("/");
  await tab.session(worksmart.config());
  const answered = (url) => stage.page.answers.some((answer) => answer.url === url && answer.status === 200);
  await until(() => answered("/auth/exchange") && answered("/auth/session"), "the backend's answers are through");

  const { access_token: accessToken, refresh_token: refreshToken } = stage.worksmart.issued[issued];
  assert(stage.resource.requests.some(({ headers }) => headers.authorization === `Bearer ${accessToken}`));
  const secrets = {
    "client secret": stage.worksmart.clientSecret,
    "access token": accessToken,
    "refresh token": refreshToken,
  };
  const texts = [
    ...(await heard()),
    ...stage.page.answers.map((answer) => ({ what: `answer ${answer.url}`, text: JSON.stringify(answer) })),
    { what: "what the page can read", text: await tab.readable() },
    { what: "the result", text: JSON.stringify({ session, backend }) },
  ];
  for (const url of ["/auth/exchange", "/auth/session", "/api/v1/me"]) {
    for (const what of [`request ${stage.page.origin}${url}`, `answer ${url}`]) {
      assert(
        texts.some((text) => text.what === what),
        `${what} was heard`,
      );
    }
  }
  for (const [name, secret] of Object.entries(secrets)) {
    for (const form of [
      secret,
      Buffer.from(secret).toString("base64").replace(/=+$/, ""),
      Buffer.from(secret).toString("hex"),
    ]) {
      for (const { what, text } of texts) assert(!text.includes(form), `the ${name} is in ${what}`);
    }
  }
});

worksmart.test("WorkSmart: §6 the backend's cookie is out of reach for scripts and for other sites", needs("cookies"), async (t) => {
  const tab = await stage.open(t);
  await tab.logIn(worksmart.config());
  assert.equal(await tab.evaluate(() => document.cookie), "");
  const cookies = await tab.page.context().cookies(stage.page.origin);
  assert(cookies.length > 0);
  for (const { name, httpOnly, sameSite, path } of cookies) {
    assert.deepEqual({ httpOnly, sameSite, path }, { httpOnly: true, sameSite: "Strict", path: "/" }, name);
  }
});

worksmart.test("WorkSmart: only the backend speaks with the token endpoint, with exactly the documented parameters", needs("traffic"), async (t) => {
  const withoutRedirectUri = worksmart.config();
  delete withoutRedirectUri.worksmart.redirectUri;
  const documented = ["client_id", "client_secret", "grant_type", "code"];
  // If the authorization request named a redirect URI, the token request repeats it (RFC 6749 §4.1.3).
  for (const [config, expected] of [
    [withoutRedirectUri, documented],
    [worksmart.config(), [...documented, "redirect_uri"]],
  ]) {
    const tab = await stage.open(t);
    const asked = [];
    tab.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await tab.logIn(config);
    assert(!asked.includes("/api/v1/oauth2/token"));
    const [{ headers, body }] = stage.worksmart.tokenRequests();
    assert.equal(headers.origin, undefined);
    assert.equal(headers.authorization, undefined);
    assert.deepEqual(
      body.split("&").map((pair) => pair.split("=")[0]),
      expected,
      "and in the documented order",
    );
  }
});

openid.test("OpenID: §6 tokens in memory: neither token, code nor verifier is left where a script could find it", needs("traffic"), async (t) => {
  const tab = await stage.open(t);
  const heard = [];
  tab.page.on("console", (message) => heard.push(message.text()));
  const url = await tab.comeBack(openid.config());
  const result = await tab.handle(openid.config());

  const answer = () => stage.oidc.answers.find(({ url }) => url === "/token");
  await until(answer, "the token endpoint's answer is through");
  const { access_token: accessToken, id_token: idToken } = JSON.parse(answer().body);
  const [, verifier] = /code_verifier=([^&]+)/.exec(stage.oidc.tokenRequests()[0].body);
  const places = [await tab.readable(), JSON.stringify(result), heard.join("\n")];
  for (const secret of [accessToken, idToken, verifier, parameter(url, "code")]) {
    assert(secret.length > 10);
    for (const place of places) assert(!place.includes(secret));
  }
});

test("§6 no error tells a code, a state or a verifier", async (t) => {
  for (const way of stage.ways.filter(({ isPossible }) => isPossible)) {
    const tab = await stage.open(t);
    const url = await tab.comeBack(way.config());
    const [pending] = Object.values(await tab.transactions());
    way.server.fault = "400 with OAuth error";
    const error = await tab.handle(way.config()).catch((error) => error);
    const told = JSON.stringify({ ...error, message: error.message });
    const secrets = [
      parameter(url, "code"),
      parameter(url, "state"),
      pending.nonce,
      pending.verifier,
      pending.code_verifier,
    ];
    for (const secret of secrets.filter(Boolean)) assert(!told.includes(secret));
  }
});
