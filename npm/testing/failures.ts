/** How a provider can be told to fail: where each failure can happen, and the error code that the app's client has for it there. */
import type { ErrorCode } from "../types.js";

/**
 * Where something is asked of the provider. `token` and `refresh` are both the token endpoint: a code is redeemed there, and
 * tokens are renewed.
 */
export type Place = "discovery" | "keys" | "authorization" | "token" | "refresh" | "userinfo" | "revocation" | "logout";

export const failures = {
  // The network and the server
  /** The request does not arrive. */
  "network loss": everywhere("network_failed"),
  /** The request arrives and is carried out, and the answer is lost: a code or a refresh token is used up by it. */
  "lost answer": { token: "network_failed", refresh: "network_failed" },
  /** The answer does not come until the failure ends. */
  slow: everywhere("timed_out"),
  /** The answers lack the headers that let the page read them, as where its origin is not registered. */
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
  /** 200 with a page of HTML, as a proxy answers with. */
  "not json": {
    discovery: "invalid_metadata",
    keys: "invalid_metadata",
    token: "token_response_malformed",
    refresh: "token_response_malformed",
    userinfo: "userinfo_invalid",
  },
  /** The server wants a client secret: 401 with `invalid_client`. */
  "secret wanted": { token: "token_request_failed", refresh: "token_request_failed", revocation: "token_request_failed" },
  /** The metadata are those of another issuer. */
  "another server": { discovery: "invalid_metadata" },

  // The authorization response
  /** The person says no: `access_denied`. */
  denied: { authorization: "authorization_failed" },
  /** Nobody is logged in at the provider, and it may not ask: `login_required`. */
  "login required": { authorization: "authorization_failed" },
  /** The person has not agreed yet, and the provider may not ask: `consent_required`. */
  "consent required": { authorization: "authorization_failed" },
  /** `iss` names another server. */
  "iss mix-up": { authorization: "issuer_mismatch" },
  /** `iss` is missing, though the metadata promise it. */
  "no iss": { authorization: "issuer_mismatch" },
  /** `state` is of no login that was begun here. */
  "unknown state": { authorization: "transaction_not_found" },

  // The code and the ID token
  /** The code was redeemed too late: `invalid_grant`. */
  "expired code": { token: "token_request_failed" },
  "no id token": { token: "id_token_invalid" },
  "wrong nonce": { token: "id_token_invalid", refresh: "id_token_invalid" },
  "wrong audience": { token: "id_token_invalid", refresh: "id_token_invalid" },
  "wrong issuer": { token: "id_token_invalid", refresh: "id_token_invalid" },
  "wrong signature": { token: "id_token_invalid", refresh: "id_token_invalid" },
  /** Signed with a key that the provider does not publish. */
  "unknown key": { token: "id_token_invalid", refresh: "id_token_invalid" },
  /** It is about somebody else than the one who logged in. */
  "wrong subject": { refresh: "id_token_invalid", userinfo: "userinfo_invalid" },

  // What has been given out
  /** What is used there is past its time: the ID token of a login, the refresh token, the access token. */
  expired: { token: "id_token_invalid", refresh: "session_ended", userinfo: "userinfo_invalid" },
  /** The provider has ended what came of the login. */
  revoked: { refresh: "session_ended", userinfo: "userinfo_invalid" },
  /** Somebody else has used the refresh token a moment before: the provider takes it for stolen, and revokes them all. */
  "rotation race": { refresh: "session_ended" },
} as const satisfies Record<string, Partial<Record<Place, ErrorCode>>>;

export type FailureName = keyof typeof failures;

/** Where a page sends requests that it reads the answers of. */
function everywhere<Code extends ErrorCode>(code: Code) {
  return { discovery: code, keys: code, token: code, refresh: code, userinfo: code, revocation: code } as const;
}
