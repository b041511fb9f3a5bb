// A client without a library: the requests with which a test of the provider checks it. Each parameter can be changed.
import { createHash, randomBytes } from "node:crypto";
import { fakeProvider } from "wicketgate/testing";

export const redirectUri = "https://app.test/callback";

/** @param options those of `fakeProvider`, which replace the usual ones */
export async function startFlow(options) {
  const provider = await fakeProvider({ redirectUri, ...options });
  const { issuer, clientId: client_id } = provider;
  const { body } = await provider.respond({ method: "GET", url: `${issuer}/.well-known/openid-configuration`, headers: {}, body: "" });
  const metadata = JSON.parse(body);
  const usual = { client_id, redirect_uri: redirectUri, response_type: "code", scope: "openid profile offline_access", state: "s" };
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");

  const flow = {
    provider,
    metadata,
    verifier,

    /** The authorization URL. A parameter that is `undefined` is left out. */
    authorizationUrl(changes) {
      const url = new URL(metadata.authorization_endpoint);
      const parameters = { ...usual, nonce: "n", code_challenge: challenge, code_challenge_method: "S256", ...changes };
      for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.append(name, value);
      return url.href;
    },

    /** The parameters of the authorization response, by name. */
    async authorize(changes) {
      return Object.fromEntries(new URL(await provider.authorize(flow.authorizationUrl(changes))).searchParams);
    },

    /** Posts a form. Returns status, headers and JSON. */
    async post(url, form, contentType = "application/x-www-form-urlencoded") {
      const body = new URLSearchParams(Object.entries(form).filter(([, value]) => value !== undefined)).toString();
      return read(await provider.respond({ method: "POST", url, headers: { "content-type": contentType }, body }));
    },

    redeem(code, changes) {
      const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri, client_id, code_verifier: verifier };
      return flow.post(metadata.token_endpoint, { ...form, ...changes });
    },

    renew: (refreshToken, changes) =>
      flow.post(metadata.token_endpoint, { grant_type: "refresh_token", refresh_token: refreshToken, client_id, ...changes }),

    /** A whole login. Returns the token response. */
    async logIn(changes) {
      const { code } = await flow.authorize(changes);
      return (await flow.redeem(code)).json;
    },

    async get(url, headers = {}) {
      return read(await provider.respond({ method: "GET", url, headers, body: "" }));
    },

    userInfo: (accessToken) => flow.get(metadata.userinfo_endpoint, { authorization: `Bearer ${accessToken}` }),
  };
  return flow;
}

function read({ status, headers, body }) {
  return { status, headers, json: headers["content-type"] === "application/json" ? JSON.parse(body) : undefined };
}

export const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
