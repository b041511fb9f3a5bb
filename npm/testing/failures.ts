/** The failures that the provider can simulate: where each can happen, and the error code that the app's client gives there. */
import type { ErrorCode } from "../types.js";
import type { Place } from "./messages.js";

export const failures = {
  // The network and the server
  /** The request does not arrive. */
  "network loss": everywhere("network_failed"),
  /** The request arrives and has its effect, but the answer is lost: a code or a refresh token is used up. */
  "lost answer": { token: "network_failed", refresh: "network_failed" },
  /** The answer does not come until the failure ends. */
  slow: everywhere("timed_out"),
  /** The answers lack the headers that let the page read them, as if its origin were not registered. */
  "no cors": everywhere("network_failed"),
  /** 500, or the error `server_error` in the authorization response. */
  "server error": {
    discovery: "invalid_metadata",
    keys: "invalid_metadata",
    authorization: "authorization_failed",
    token: "token_request_failed",
    refresh: "token_request_failed",
    userinfo: "userinfo_invalid",
    revocation: "token_request_failed",
  },
  /** 200 with an HTML page, as a proxy may answer. */
  "not json": {
    discovery: "invalid_metadata",
    keys: "invalid_metadata",
    token: "token_response_malformed",
    refresh: "token_response_malformed",
    userinfo: "userinfo_invalid",
  },
  /** The server demands a client secret: 401 with `invalid_client`. */
  "secret wanted": { token: "token_request_failed", refresh: "token_request_failed", revocation: "token_request_failed" },
  /** The metadata belong to another issuer. */
  "another server": { discovery: "invalid_metadata" },

  // The authorization response
  /** The user refuses: `access_denied`. */
  denied: { authorization: "authorization_failed" },
  /** No user is logged in at the provider, and the provider may not ask: `login_required`. */
  "login required": { authorization: "authorization_failed" },
  /** The user has not agreed yet, and the provider may not ask: `consent_required`. */
  "consent required": { authorization: "authorization_failed" },
  /** `iss` names another server. */
  "iss mix-up": { authorization: "issuer_mismatch" },
  /** `iss` is missing, although the metadata promise it. */
  "no iss": { authorization: "issuer_mismatch" },
  /** `state` belongs to no login that was begun here. */
  "unknown state": { authorization: "transaction_not_found" },

  // The code and the ID token
  /** The client redeemed the code too late: `invalid_grant`. */
  "expired code": { token: "token_request_failed" },
  "no id token": { token: "id_token_invalid" },
  /** At a refresh, it does not end the session: OpenID Connect Core §12.2 demands no nonce there. */
  "wrong nonce": { token: "id_token_invalid" },
  "wrong audience": { token: "id_token_invalid", refresh: "id_token_invalid" },
  "wrong issuer": { token: "id_token_invalid", refresh: "id_token_invalid" },
  "wrong signature": { token: "id_token_invalid", refresh: "id_token_invalid" },
  /** Signed with a key that the provider does not publish. */
  "unknown key": { token: "id_token_invalid", refresh: "id_token_invalid" },
  /** It is about another user than the one who logged in. */
  "wrong subject": { refresh: "id_token_invalid", userinfo: "userinfo_invalid" },

  // Tokens that the provider has issued
  /** The token that is used at this place has expired: the ID token of a login, the refresh token, or the access token. */
  expired: { token: "id_token_invalid", refresh: "session_ended", userinfo: "userinfo_invalid" },
  /** The provider has revoked all tokens of the login. */
  revoked: { refresh: "session_ended", userinfo: "userinfo_invalid" },
  /**
   * Another client has just used the refresh token: the provider assumes that it was stolen, and revokes all tokens of the
   * login.
   */
  "rotation race": { refresh: "session_ended" },
} as const satisfies Record<string, Partial<Record<Place, ErrorCode>>>;

export type FailureName = keyof typeof failures;

/** All places where a page sends requests and reads the answers. */
function everywhere<Code extends ErrorCode>(code: Code) {
  return { discovery: code, keys: code, token: code, refresh: code, userinfo: code, revocation: code } as const;
}
