//! The common parts of a simulated provider's endpoints: its failures, the parameters that it reads, and its answers.

use std::collections::BTreeMap;

use crate::protocol::http::Response;
use crate::protocol::json::Json;
use crate::protocol::text::cut;
use crate::protocol::url::decode_component;

/// A failure of the provider, and the code of the client's error. At a refresh, the error occurs if the refresh was forced, or
/// if the access token has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// No request arrives: `network_failed`.
    NetworkLoss,
    /// No answer comes: `timed_out`.
    Slow,
    /// 500: `invalid_metadata`, `token_request_failed`, `userinfo_invalid`. In the authorization response `server_error`:
    /// `authorization_failed`.
    ServerError,
    /// The user refuses: `authorization_failed`.
    Denied,
    /// No user is logged in at the provider, and the provider may not ask: `authorization_failed`.
    LoginRequired,
    /// `iss` names another server: `issuer_mismatch`.
    IssMixUp,
    /// `state` belongs to no login that was begun here: `transaction_not_found`.
    UnknownState,
    /// The client redeemed the code too late: `token_request_failed`.
    ExpiredCode,
    /// The ID token answers another login: `id_token_invalid`, `nonce`. At a refresh, the session keeps its claims.
    WrongNonce,
    /// The ID token is for another client: `id_token_invalid`, `aud`.
    WrongAudience,
    /// The signature of the ID token is not valid: `id_token_invalid`.
    WrongSignature,
    /// Each token has expired: the ID token of a login gives `id_token_invalid`, `exp`; the refresh token `session_ended`; the
    /// access token `userinfo_invalid`.
    Expired,
    /// The provider has revoked all tokens of the login: `session_ended`, `userinfo_invalid`.
    Revoked,
    /// Another client has just used the refresh token, and the provider assumes that it was stolen: `session_ended`.
    RotationRace,
}

pub(super) type Parameters = BTreeMap<String, String>;

/// `None` if a parameter occurs twice, or is badly encoded.
pub(super) fn parameters(text: &str) -> Option<Parameters> {
    let mut parameters = Parameters::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = cut(pair, '=');
        let value = decode_component(value.unwrap_or_default())?;
        if parameters.insert(decode_component(name)?, value).is_some() {
            return None;
        }
    }
    Some(parameters)
}

pub(super) fn json(status: u16, value: &Json) -> Response {
    Response::new(status, Some("application/json".into()), value.to_text().into_bytes())
}

/// An error answer (RFC 6749 §5.2).
pub(super) fn error(status: u16, code: &str) -> Response {
    let mut body = Json::empty();
    body.set_text("error", Some(code));
    json(status, &body)
}
