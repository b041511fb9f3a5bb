//! `POST /auth/backchannel-logout`: the server reports that a user has logged out (OpenID Connect Back-Channel Logout 1.0). No
//! browser takes part: the logout token itself proves the report.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use url::form_urlencoded;
use wicketgate::protocol::logout_token::LogoutToken;
use wicketgate::protocol::secret::Secret;

use super::body::form_body;
use super::sessions::store;
use crate::backend::Backend;
use crate::failure::Failure;
use crate::session::{Owner, SharedStore};

/// The accepted difference between the clocks of the server and of this machine.
const TOLERANCE: Duration = Duration::from_secs(60);

/// How long a token without an expiry is remembered.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

pub(crate) async fn end(State(backend): State<Arc<Backend>>, request: Request) -> Result<StatusCode, Failure> {
    log_out(&backend, request).await.inspect_err(|failure| failure.log("back-channel logout"))
}

async fn log_out(backend: &Backend, request: Request) -> Result<StatusCode, Failure> {
    let store = store(backend)?;
    let Some(issuer) = &backend.issuer else {
        let hint = "Set WICKETGATE_ISSUER (issuer).";
        return Err(Failure::new(StatusCode::NOT_IMPLEMENTED, "not_found", "This backend knows no issuer.", hint));
    };
    let (_, body) = form_body(request, "logout", backend.timeout).await?;
    let mut tokens = form_urlencoded::parse(&body).filter(|(name, _)| name == "logout_token").map(|(_, value)| value);
    let token = tokens.next().filter(|_| tokens.next().is_none());
    let token = token.ok_or_else(|| Failure::invalid_request("logout_token is missing, or there are several."))?;
    let now = backend.clock.now();
    let token = issuer.logout_token(&Secret::new(token.into_owned()), &backend.client_id, now).await?;

    // A repeated token must not end sessions that began since then.
    let ends_in = token.expires_at.map_or(REMEMBERED, |at| Duration::from_millis(at).saturating_sub(now) + TOLERANCE);
    let name = format!("logout {}", token.id);
    let is_first = backend.sessions.first_use(store, &name, ends_in + TOLERANCE).await?;
    if !is_first {
        return Ok(StatusCode::OK);
    }
    let ended = end_sessions(backend, store, &token).await;
    if ended.is_err() {
        // The server will send the token again.
        backend.sessions.forget_use(store, &name).await;
    }
    ended.map(|()| StatusCode::OK)
}

async fn end_sessions(backend: &Backend, store: &dyn SharedStore, token: &LogoutToken) -> Result<(), Failure> {
    let listed = match (&token.session_id, &token.subject) {
        (Some(session_id), _) => backend.sessions.of(store, Owner::ServerSession, session_id, usize::MAX).await?,
        (None, Some(subject)) => backend.sessions.of(store, Owner::Subject, subject, usize::MAX).await?,
        (None, None) => Vec::new(),
    };
    for listed in listed {
        let session = &listed.stored.session;
        let is_other = token.subject.as_ref().zip(session.claim("sub")).is_some_and(|(subject, own)| *subject != own);
        let began_since = Duration::from_secs(session.signed_in_at) > Duration::from_millis(token.issued_at) + TOLERANCE;
        if !is_other && !began_since {
            // §2.7: tokens that the user wanted to outlast the login are not revoked.
            let is_revoked = !session.is_offline();
            backend.sessions.end_listed(store, listed, is_revoked).await?;
        }
    }
    Ok(())
}
