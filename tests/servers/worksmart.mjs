// A strict stand-in for a WorkSmart server: the two documented endpoints, exactly as the documents describe them. It refuses a
// parameter that is missing, repeated or undocumented, so that a client that passes here sends exactly the documented requests.
// The documents do not say how a refresh token is used: the stand-in does what RFC 6749 §6 says, and rotates it (RFC 9700 §4.14).
import { randomBytes } from "node:crypto";
import { faults } from "./faults.mjs";
import { readBody, record, sendJson, sendTo, serve } from "./http.mjs";
import { sendRefusal, sendSignInPage } from "./sign-in-page.mjs";
import { checkPassword } from "./users.mjs";

const CODE_LIFETIME = 60;
/** Of an access token, as documented. */
const TOKEN_LIFETIME = 3600;

const secret = () => randomBytes(32).toString("base64url");

/**
 * @param options.redirectUris the registered callback URLs; the first one is used if a request names none
 * @param options.clock seconds since the Unix epoch
 * @param options.tokenLifetime of an access token, in seconds
 */
export async function startWorksmart({
  redirectUris,
  clientId = "ibl90vqe9ll5198ss53v1b1knpk4fhacv4y7uzpa.worksmart.net",
  clientSecret = secret(),
  clientName = "The demo",
  clock = () => Date.now() / 1000,
  tokenLifetime = TOKEN_LIFETIME,
} = {}) {
  const pending = new Map(); // shown sign-in page -> the target of its answer
  const codes = new Map(); // code -> { user, namedRedirectUri, expiresAt, grant? }
  const tokens = new Map(); // access token -> { grant, expiresAt }
  const refreshTokens = new Map(); // refresh token -> its grant, { user, refreshToken, isRevoked? }

  const worksmart = {
    clientId,
    clientSecret,
    /** Every request, in order, as it was received. */
    requests: [],
    /** Every token response, so that a test can search for its secrets elsewhere. */
    issued: [],
    /** The name of the token endpoint's present fault in `faults.mjs`. */
    fault: undefined,
    tokenRequests: () => worksmart.requests.filter(({ path }) => path === "/api/v1/oauth2/token"),
    /** The user of a token; none if it is unknown, revoked or expired. */
    userOf(accessToken) {
      const token = tokens.get(accessToken);
      return token && !token.grant.isRevoked && clock() < token.expiresAt ? token.grant.user : undefined;
    },
    /** Ends every session, as an administrator does. */
    revokeAll() {
      for (const grant of refreshTokens.values()) grant.isRevoked = true;
    },
  };

  const routes = {
    "GET /api/v1/oauth2/authorize": authorize,
    "POST /api/v1/oauth2/token": token,
    "POST /sign-in": signIn,
  };

  // A host name of its own: in production, the authorization server is another site than the page, which matters for cookies.
  const server = await serve(
    async (request, response) => {
      const recorded = record(request, await readBody(request));
      worksmart.requests.push(recorded);
      const route = routes[`${recorded.method} ${recorded.path}`];
      if (!route) return sendJson(response, 404, { error: "not_found" });
      route(recorded, response, request);
    },
    { hostname: "localhost" },
  );

  return Object.assign(worksmart, server);

  function authorize({ query }, response) {
    const parameters = new URLSearchParams(query);
    const once = (name) => (parameters.getAll(name).length === 1 ? parameters.get(name) : undefined);

    // While client or redirect URI are in doubt, the server must not redirect (RFC 6749 §4.1.2.1).
    if (once("client_id") !== clientId) return sendRefusal(response, "client_id is missing, repeated or unknown.");
    const redirectUri = parameters.has("redirect_uri") ? once("redirect_uri") : redirectUris[0];
    if (!redirectUris.includes(redirectUri))
      return sendRefusal(response, "redirect_uri is repeated or not registered.");
    const unknown = undocumented(parameters, ["client_id", "response_type", "state", "redirect_uri"]);
    if (unknown) return sendRefusal(response, `${unknown} is not a documented parameter.`);

    const state = once("state");
    if (!state) return back(response, redirectUri, { error: "invalid_request" });
    const responseType = once("response_type");
    if (!responseType) return back(response, redirectUri, { error: "invalid_request", state });
    if (responseType !== "code") return back(response, redirectUri, { error: "unsupported_response_type", state });

    const id = secret();
    // The token request repeats the redirect URI only if the authorization request named one (RFC 6749 §4.1.3).
    pending.set(id, { redirectUri, namedRedirectUri: parameters.get("redirect_uri"), state });
    showSignIn(response, id);
  }

  function showSignIn(response, id, again = {}) {
    const { redirectUri } = pending.get(id);
    sendSignInPage(response, {
      server: "WorkSmart",
      client: clientName,
      action: `/sign-in?request=${id}`,
      formTargets: [new URL(redirectUri).origin],
      ...again,
    });
  }

  function signIn({ query, body }, response) {
    const id = new URLSearchParams(query).get("request");
    const request = pending.get(id);
    if (!request) return sendRefusal(response, "This sign-in page is not known.");
    const { redirectUri, namedRedirectUri, state } = request;

    const form = new URLSearchParams(body);
    if (form.get("choice") !== "allow") return back(response, redirectUri, { error: "access_denied", state });
    const username = form.get("username");
    const user = checkPassword(username, form.get("password"));
    if (!user) return showSignIn(response, id, { username, failure: "User name or password is wrong." });

    const code = secret();
    codes.set(code, { user, namedRedirectUri, expiresAt: clock() + CODE_LIFETIME });
    back(response, redirectUri, { code, state });
  }

  function token({ query, headers, body }, response, request) {
    if (worksmart.fault) return faults[worksmart.fault](request, response);

    const refuse = (status, error) => sendJson(response, status, { error });
    if (query || !/^application\/x-www-form-urlencoded\b/.test(headers["content-type"]))
      return refuse(400, "invalid_request");
    const parameters = new URLSearchParams(body);
    const isRefresh = parameters.get("grant_type") === "refresh_token";
    const documented = ["client_id", "client_secret", "grant_type", isRefresh ? "refresh_token" : "code"];
    const incomplete = documented.some((name) => parameters.getAll(name).length !== 1);
    const repeated = parameters.getAll("redirect_uri").length > 1;
    if (incomplete || repeated || undocumented(parameters, isRefresh ? documented : [...documented, "redirect_uri"]))
      return refuse(400, "invalid_request");

    if (!isRefresh && parameters.get("grant_type") !== "authorization_code") return refuse(400, "unsupported_grant_type");
    const known = parameters.get("client_id") === clientId && parameters.get("client_secret") === clientSecret;
    if (!known) return refuse(401, "invalid_client");

    if (isRefresh) {
      const refreshToken = parameters.get("refresh_token");
      const grant = refreshTokens.get(refreshToken);
      // A second use is that of the thief or of the robbed: the login is over (RFC 9700 §4.14.2).
      if (grant && grant.refreshToken !== refreshToken) grant.isRevoked = true;
      return !grant || grant.isRevoked ? refuse(400, "invalid_grant") : issue(response, grant);
    }

    const code = codes.get(parameters.get("code"));
    if (!code || clock() >= code.expiresAt) return refuse(400, "invalid_grant");
    if (parameters.get("redirect_uri") !== code.namedRedirectUri) return refuse(400, "invalid_grant");
    if (code.grant) {
      // The second client may be the thief or the victim: neither keeps a token (RFC 6749 §4.1.2).
      code.grant.isRevoked = true;
      return refuse(400, "invalid_grant");
    }

    code.grant = { user: code.user };
    issue(response, code.grant);
  }

  function issue(response, grant) {
    const accessToken = secret();
    grant.refreshToken = secret();
    refreshTokens.set(grant.refreshToken, grant);
    tokens.set(accessToken, { grant, expiresAt: clock() + tokenLifetime });
    const answer = {
      access_token: accessToken,
      expires_in: tokenLifetime,
      token_type: "Bearer",
      scope: null,
      refresh_token: grant.refreshToken,
    };
    worksmart.issued.push(answer);
    sendJson(response, 200, answer);
  }
}

const undocumented = (parameters, documented) => [...parameters.keys()].find((name) => !documented.includes(name));

function back(response, redirectUri, parameters) {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.append(name, value);
  sendTo(response, url);
}
