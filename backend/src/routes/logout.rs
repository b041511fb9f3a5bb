//! `POST /auth/logout`. It also succeeds without a session: the user is logged out already.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde_json::json;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::logout::LogoutRequest;

use crate::backend::Backend;
use crate::failure::{Failure, json_answer};
use crate::origin::same_origin;
use crate::session::Session;

/// How long a user who logs out waits for the server; the revocation continues in the background.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest ID token that goes into a URL, in bytes: servers do not accept URLs of any length.
const LONGEST_HINT: usize = 4096;

pub(crate) async fn logout(State(backend): State<Arc<Backend>>, headers: HeaderMap) -> Result<Response, Failure> {
    end(&backend, &headers).await.inspect_err(|failure| failure.log("logout"))
}

async fn end(backend: &Arc<Backend>, headers: &HeaderMap) -> Result<Response, Failure> {
    same_origin::check_with_custom_header(headers, &backend.origins)?;
    let (ended, removals) = backend.sessions.end(headers).await?;
    let Some(ended) = ended else { return Ok((StatusCode::NO_CONTENT, AppendHeaders(removals)).into_response()) };
    let (revoking, revoked) = (backend.clone(), ended.clone());
    let revocation = tokio::spawn(async move { revoking.sessions.revoke(&revoked.session).await });
    let (_, redirect) = tokio::join!(
        tokio::time::timeout(PATIENCE, revocation),
        tokio::time::timeout(PATIENCE, redirect(backend, &ended.session)),
    );
    let answer = match redirect.ok().flatten() {
        Some(redirect) => json_answer(StatusCode::OK, json!({ "redirect": redirect }).to_string()),
        None => StatusCode::NO_CONTENT.into_response(),
    };
    Ok((AppendHeaders(removals), answer).into_response())
}

/// The URL at which the logout continues at the server (OpenID Connect RP-Initiated Logout 1.0), if there is one.
async fn redirect(backend: &Backend, session: &Session) -> Option<String> {
    let endpoint = backend.endpoints.find("end_session_endpoint").await?;
    let hint = session.id_token.as_ref().filter(|id_token| id_token.expose().len() <= LONGEST_HINT);
    let request = LogoutRequest {
        id_token_hint: hint.map(|id_token| id_token.expose()),
        client_id: &backend.client_id,
        post_logout_redirect_uri: backend.post_logout_redirect_uri.as_deref(),
        state: None,
        logout_hint: None,
        extra: &Json::empty(),
    };
    Some(request.url(&endpoint))
}
