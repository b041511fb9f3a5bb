//! [`Session`]: who is signed in, as the cookie keeps it and as the page may see it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::TokenSet;

use crate::configuration::Backend;
use crate::failure::{Failure, json_answer};
use crate::same_origin;

/// Bound to what the cookie's text looks like: another version's cookie is no session.
const VERSION: u32 = 1;

/// The tokens of one user, and who it is.
pub(crate) struct Session {
    pub(crate) access_token: Secret,
    /// Kept for a version that refreshes: a user who signed in with this one need not sign in again then.
    refresh_token: Option<Secret>,
    /// Seconds since the Unix epoch; `None` where the server did not say.
    expires_at: Option<u64>,
    scope: Option<String>,
    /// Of the ID token, validated: an object.
    claims: Option<Box<RawValue>>,
}

/// A session as text, before it is encrypted.
#[derive(Serialize, Deserialize)]
struct Content {
    version: u32,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// No reason for another version: without it the session is one that knows no claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Box<RawValue>>,
}

/// What the page may know of a session: `Session` of the JavaScript API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl Session {
    /// The session that `tokens` give, asked for at `requested_at`, of whom the `claims` are about.
    pub(crate) fn new(tokens: TokenSet, claims: Option<&Json>, requested_at: Duration) -> Self {
        let expires_at = |expires_in| requested_at.saturating_add(Duration::from_millis(expires_in)).as_secs();
        Self {
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token,
            expires_at: tokens.expires_in.map(expires_at),
            scope: tokens.scope,
            claims: claims.and_then(|claims| RawValue::from_string(claims.to_text()).ok()),
        }
    }

    /// The session as the cookie keeps it.
    pub(crate) fn to_content(&self) -> Option<Secret> {
        let content = Content {
            version: VERSION,
            access_token: self.access_token.expose().into(),
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose().into()),
            expires_at: self.expires_at,
            scope: self.scope.clone(),
            claims: self.claims.clone(),
        };
        serde_json::to_string(&content).ok().map(Secret::new)
    }

    /// `None` where `content` is of another version, or something else altogether.
    pub(crate) fn from_content(content: &str) -> Option<Self> {
        let content: Content = serde_json::from_str(content).ok()?;
        (content.version == VERSION).then(|| Self {
            access_token: Secret::new(content.access_token),
            refresh_token: content.refresh_token.map(Secret::new),
            expires_at: content.expires_at,
            scope: content.scope,
            claims: content.claims,
        })
    }

    /// The session that a request brings, where it has one that has not expired.
    pub(crate) fn of_request(headers: &HeaderMap, backend: &Backend, now: Duration) -> Result<Self, Failure> {
        let session = backend.session_cookie.open(headers).ok_or_else(Failure::no_session)?;
        if session.expires_at.is_some_and(|expires_at| expires_at <= now.as_secs()) {
            return Err(Failure::no_session());
        }
        Ok(session)
    }

    /// `{"session": …}`, with the members of `Session` that a page may know.
    pub(crate) fn to_answer(&self) -> Response {
        let (claims, scope) = (self.claims.as_deref(), self.scope.as_deref());
        let session = Answer { status: "signed-in", claims, expires_at: self.expires_at, scope };
        // Text, since a value would spell the numbers anew.
        let session = serde_json::to_string(&session).unwrap_or_default();
        json_answer(StatusCode::OK, format!(r#"{{"session":{session}}}"#))
    }
}

/// `GET /auth/session`.
pub(crate) async fn session(State(backend): State<Arc<Backend>>, headers: HeaderMap) -> Result<Response, Failure> {
    same_origin::check(&axum::http::Method::GET, &headers, &backend.public_origin)?;
    Ok(Session::of_request(&headers, &backend, now())?.to_answer())
}

/// `POST /auth/logout`. Without a session it succeeds as well: what was asked for is so.
pub(crate) async fn logout(State(backend): State<Arc<Backend>>, headers: HeaderMap) -> Result<Response, Failure> {
    same_origin::check_with_custom_header(&headers, &backend.public_origin).inspect_err(|failure| failure.log("logout"))?;
    let removals = AppendHeaders(backend.session_cookie.remove());
    Ok((StatusCode::NO_CONTENT, removals).into_response())
}

/// Since the Unix epoch. The only clock here: it must agree between instances, so it is the wall's.
#[expect(clippy::disallowed_methods, reason = "the backend is a host: this is where its time comes from")]
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
