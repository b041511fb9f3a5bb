/**
 * The checks that the inspector shows, by the message that they concern, in the order in which the client makes them. `rule` is
 * the name of a rule in docs/design/rules.md, and `section` is the section of a standard that demands it.
 *
 * The inspector itself makes a check with `seen`, on the message: `seen` returns undefined if the message has nothing to check.
 * The client makes all others. Only the client's next step shows whether it made them: its next request, its result, or its
 * error. `when` says which checks a message gets.
 */
const check = (id, text, section, rule, more) => ({ id, text, section, rule, ...more });
const seen = (look) => ({ seen: look });
const seenInAnswer = (look) => ({ seen: look, isOfAnswer: true });
const when = (applies) => ({ when: applies });

/** 256 bits in base64url. */
const is256Bits = (value) => /^[\w-]{43}$/.test(value ?? "");

const noCookie = (section, rule) => check("cookies", "No cookie goes along", section, rule, seen(({ credentials }) => credentials === "omit"));

const cleanedUrl = check("cleaned", "The code has left the address bar", "RFC 9700 §4.2", "cleaned url", seen(() => !/[?&#](code|state)=/.test(location.href)));

/** This tab's record of the login with this `state`. */
const kept = (state) => JSON.parse(sessionStorage.getItem(`wicketgate.tx.${state}`) ?? "{}");

/** No entry contains a verifier any more, or the rest of the login says that it was used. */
const isUsedUp = ({ code_verifier: verifier, state }) =>
  verifier ? !Object.values(sessionStorage).some((value) => value.includes(verifier)) : state ? "used_at" in kept(state) : undefined;

const usedUp = check("once", "The login is used up before its code is sent", "RFC 6749 §10.5", "one attempt", seen(({ sent }) => isUsedUp(sent)));

export const checks = {
  metadata: [
    check("issuer", "It names the configured issuer", "OIDC Discovery §4.3", "relying party"),
    check("endpoints", "Its endpoints are https, or http on this machine", "RFC 9700 §2.6", "endpoints"),
  ],
  authorization: [
    check("state", "state is 256 bits long", "RFC 6749 §10.12", "state", seen(({ sent }) => is256Bits(sent.state))),
    check("nonce", "nonce goes with openid", "OIDC Core §3.1.2.1", "nonce and verifier", seen(({ sent }) => (sent.scope?.split(" ").includes("openid") ? is256Bits(sent.nonce) : undefined))),
    check("pkce", "Of the verifier, only its S256 hash is sent", "RFC 7636 §4.3", "nonce and verifier", seen(({ sent }) => (sent.code_challenge ? sent.code_challenge_method === "S256" && is256Bits(sent.code_challenge) && !sent.code_verifier : undefined))),
    check("once", "Each parameter is there once", "RFC 6749 §3.1", "parameters", seen(({ isEachOnce }) => isEachOnce)),
    check("redirect", "redirect_uri leads back here, and has no fragment", "RFC 6749 §3.1.2", "redirect uri", seen(({ sent: { redirect_uri: uri } }) => (uri ? new URL(uri).origin === location.origin && !uri.includes("#") : undefined))),
    check("stored", "This tab has kept the login before it leaves", "RFC 6749 §10.12", "stored transaction", seen(({ sent }) => kept(sent.state).state === sent.state)),
  ],
  response: [
    check("form", "Each parameter is there once: a state, and a code or an error", "RFC 6749 §4.1.2", "form"),
    check("transaction", "state is of a login that this tab began", "RFC 6749 §10.12", "transaction"),
    check("place", "It came to the redirect URI", "RFC 6749 §3.1.2", "where it came"),
    check("issuer", "iss is the server that was asked", "RFC 9207 §2.4", "issuer", when(({ got }) => got.iss !== undefined)),
    check("error", "Only then its error is believed", "RFC 6749 §4.1.2.1", "errors", when(({ got }) => got.error !== undefined)),
  ],
  token: [
    cleanedUrl,
    usedUp,
    check("verifier", "The verifier proves who began the login", "RFC 7636 §4.5", "token request", seen(({ sent }) => is256Bits(sent.code_verifier))),
    noCookie("RFC 6749 §4.1.3", "token request"),
    check("answer", "The answer is JSON, with a token of a known type", "RFC 6749 §5.1", "token response"),
  ],
  handOff: [
    cleanedUrl,
    usedUp,
    check("origin", "It goes to the page’s own origin", "RFC 10017", "hand off", seen(({ url }) => new URL(url).origin === location.origin)),
    check("header", "It has a header that no other origin can send", "RFC 10017", "hand off", seen(({ headers }) => headers.get("x-requested-with") === "wicketgate")),
    check("no token", "No token has come to the page", "RFC 10017", "hand off", seenInAnswer(({ got }) => got && !["access_token", "refresh_token", "id_token"].some((name) => name in got))),
    check("answer", "The backend accepts the code", "RFC 10017", "hand off"),
  ],
  keys: [check("keys", "It is a set of keys", "RFC 7517 §5", "relying party")],
  idToken: [
    check("signature", "A key of this server has signed it", "OIDC Core §3.1.3.7 (6)", "refused tokens"),
    check("iss", "iss is the configured issuer", "OIDC Core §3.1.3.7 (2)", "refused tokens"),
    check("aud", "aud is this app", "OIDC Core §3.1.3.7 (3)", "refused tokens"),
    check("exp", "exp is not past", "OIDC Core §3.1.3.7 (9)", "times"),
    check("iat", "iat is not to come", "OIDC Core §3.1.3.7 (10)", "times"),
    check("nonce", "nonce is the one that was sent", "OIDC Core §3.1.3.7 (11)", "refused tokens"),
    check("sub", "sub names somebody", "OIDC Core §2"),
    check("at_hash", "at_hash belongs to the access token", "OIDC Core §3.1.3.6", undefined, when(({ got }) => got.at_hash !== undefined)),
  ],
  refresh: [
    noCookie("RFC 6749 §6", "renewal"),
    check("rotated", "A new refresh token replaces the old one", "RFC 9700 §4.14.2", "one refresh across tabs", seenInAnswer(({ sent, got }) => (got?.refresh_token ? got.refresh_token !== sent.refresh_token : undefined))),
    check("grant", "The server accepts the refresh token", "RFC 6749 §5.2", "invalid grant"),
  ],
  refreshedIdToken: [
    check("signature", "A key of this server has signed it", "OIDC Core §12.2", "refreshed id token"),
    check("iss", "iss is the one of the login", "OIDC Core §12.2", "refreshed id token"),
    check("sub", "sub is the one of the login", "OIDC Core §12.2", "refreshed id token"),
    check("aud", "aud is this app", "OIDC Core §12.2", "refreshed id token"),
  ],
  userinfo: [
    check("header", "The token is in a header, not in the address", "RFC 6750 §2.1", "user info", seen(({ url, headers }) => /^(Bearer|DPoP) /.test(headers.get("authorization") ?? "") && !url.includes("access_token"))),
    check("answer", "The server accepts the access token", "OIDC Core §5.3.3", "user info"),
    check("sub", "sub is the one of the ID token", "OIDC Core §5.3.2", "user info"),
  ],
};

/** The messages whose checks the client has made once a call with that name has resolved. */
export const shownBy = {
  load: ["metadata"],
  handleCallback: ["token", "handOff", "keys", "idToken"],
  userInfo: ["userinfo"],
};

/** The checks that the client has passed before it reads a message of that kind. */
export const shownByRefusalOf = { idToken: ["token"], refreshedIdToken: ["refresh"] };

/** The checks of an ID token by the claim that an error names. An error without one is about form or signature. */
const idTokenChecks = { undefined: "signature", alg: "signature", kid: "signature", crit: "signature", azp: "aud", nbf: "iat", auth_time: "iat" };

/**
 * The check that raised `error`: the message, the check, and the checks before it that were not made. Undefined if the error
 * does not come from the check of a message.
 */
export function refusedCheck({ code, claim, found, expected, verified }, isRefresh) {
  switch (code) {
    case "invalid_metadata":
      return expected === undefined ? undefined : ["metadata", "issuer"];
    case "callback_malformed":
      return ["response", found === undefined ? "form" : "place"];
    case "transaction_not_found":
    case "transaction_expired":
    case "transaction_used":
    case "transaction_foreign":
      return ["response", "transaction"];
    case "issuer_mismatch":
      // The client notices a login of another server before it checks the place.
      return ["response", "issuer", found === undefined && expected === undefined ? ["place"] : []];
    case "authorization_failed":
      return verified === false ? undefined : ["response", undefined];
    case "token_request_failed":
    case "token_response_malformed":
      return ["token", "answer"];
    case "backend_failed":
      return ["handOff", "answer"];
    case "id_token_invalid":
      return [isRefresh ? "refreshedIdToken" : "idToken", idTokenChecks[claim] ?? claim];
    case "session_ended":
      return ["refresh", "grant"];
    case "userinfo_invalid":
      return ["userinfo", claim === "sub" ? "sub" : "answer"];
  }
}

/** The URL of a section's text. A step in a section's list has no URL of its own. */
export function addressOf(section) {
  const [, standard, number] = /^(.*?)(?: §([\d.]+))?(?: \(\d+\))?$/.exec(section);
  const rfc = /^RFC (\d+)$/.exec(standard)?.[1];
  if (rfc) return `https://www.rfc-editor.org/rfc/rfc${rfc}${number ? `#section-${number}` : ""}`;
  const [page, anchors] = openid[standard];
  return `https://openid.net/specs/${page}-1_0.html#${anchors[number]}`;
}

const openid = {
  "OIDC Core": [
    "openid-connect-core",
    {
      2: "IDToken",
      "3.1.2.1": "AuthRequest",
      "3.1.3.6": "CodeIDToken",
      "3.1.3.7": "IDTokenValidation",
      "5.3.2": "UserInfoResponse",
      "5.3.3": "UserInfoError",
      "12.2": "RefreshTokenResponse",
    },
  ],
  "OIDC Discovery": ["openid-connect-discovery", { 4.3: "ProviderConfigurationValidation" }],
};
