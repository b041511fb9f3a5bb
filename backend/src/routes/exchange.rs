//! `POST /auth/exchange`: the page hands the code over.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::token::CodeExchange;

use super::body::json_body;
use crate::backend::Backend;
use crate::cookies::SetCookie;
use crate::failure::{Failure, json_answer};
use crate::login::{Pending, Way, redeem};
use crate::origin::same_origin;
use crate::seal::digest;
use crate::server::Issuer;
use crate::session::Login;

pub(crate) async fn exchange(State(backend): State<Arc<Backend>>, request: Request) -> Response {
    let (forgotten, answer) = hand_over(&backend, request).await;
    let answer = answer.inspect_err(|failure| failure.log("exchange"));
    (AppendHeaders(forgotten), answer).into_response()
}

/// The answer, and the cookie that the browser must delete: the record of the login that ends here, whatever its outcome.
async fn hand_over(backend: &Backend, request: Request) -> (Option<SetCookie>, Result<Response, Failure>) {
    let (headers, said) = match read(backend, request).await {
        Ok(read) => read,
        Err(failure) => return (None, Err(failure)),
    };
    let state_digest = digest(said.state().unwrap_or_default());
    match backend.pending.find(Way::HandOff, &state_digest, &headers, backend.clock.now()) {
        Some(pending) => {
            let forgotten = backend.pending.forget(Way::HandOff, &state_digest);
            (forgotten, bound(backend, &headers, &said, pending).await)
        }
        None if backend.allow_unbound => (None, sign_in(backend, &headers, &said, None, None).await),
        None => (None, Err(not_begun())),
    }
}

async fn read(backend: &Backend, request: Request) -> Result<(HeaderMap, CodeExchange), Failure> {
    same_origin::check_with_custom_header(request.headers(), &backend.origins)?;
    let (headers, body) = json_body(request, "hand-off", backend.timeout).await?;
    // The message names the member, never its value.
    let said = CodeExchange::from_hand_off(&body).map_err(|error| Failure::invalid_request(error.summary()))?;
    check_addressee(&said, backend)?;
    Ok((headers, said))
}

/// Redeems the code of a login that this browser began here. The values that bind the code come from the login's record, and
/// not from the request.
async fn bound(backend: &Backend, headers: &HeaderMap, said: &CodeExchange, pending: Pending) -> Result<Response, Failure> {
    let mut exchange = Json::empty();
    exchange.set_text("code", said.code());
    exchange.set_text("state", said.state());
    exchange.set_text("client_id", Some(said.client_id()));
    exchange.set_text("iss", said.iss());
    exchange.set_text("redirect_uri", pending.redirect_uri.as_deref());
    exchange.set_text("code_verifier", pending.code_verifier.as_deref());
    exchange.set_text("nonce", pending.nonce.as_deref());
    if let Some(max_age) = pending.max_age {
        exchange.set("max_age", Json::from(max_age));
    }
    exchange.set_copy("acr", pending.acr.and_then(|acr| Json::parse(acr.get().as_bytes())).as_ref());
    let exchange = CodeExchange::from_hand_off(exchange.to_text().as_bytes());
    let exchange = exchange.map_err(|error| Failure::invalid_request(error.summary()))?;
    sign_in(backend, headers, &exchange, pending.scope, pending.binding).await
}

async fn sign_in(
    backend: &Backend,
    headers: &HeaderMap,
    exchange: &CodeExchange,
    scope: Option<String>,
    binding: Option<String>,
) -> Result<Response, Failure> {
    let issuer = issuer(exchange, backend)?;
    let redeemed = redeem(exchange, &backend.token_endpoint, issuer, &backend.clock).await?;
    let login = Login::new(redeemed.claims.as_ref(), scope, binding, headers).ok_or_else(Failure::internal)?;
    let (session, cookies) = backend.sessions.begin(redeemed.granted, login, redeemed.requested_at, headers).await?;
    tracing::debug!("exchange succeeded");
    Ok((AppendHeaders(cookies), json_answer(StatusCode::OK, backend.sessions.answer(&session))).into_response())
}

/// The page may use several servers and clients; a code goes only to its own (RFC 9700 §4.4).
fn check_addressee(exchange: &CodeExchange, backend: &Backend) -> Result<(), Failure> {
    let differs = |said: Option<&str>, own: Option<&str>| said.zip(own).is_some_and(|(said, own)| said != own);
    if exchange.client_id() != backend.client_id {
        return Err(Failure::invalid_request("client_id is not the one of this backend."));
    }
    if differs(exchange.redirect_uri(), backend.redirect_uri.as_deref()) {
        return Err(Failure::invalid_request("redirect_uri is not the one of this backend."));
    }
    if differs(exchange.iss(), backend.issuer.as_ref().map(|issuer| issuer.identifier.as_str())) {
        return Err(Failure::invalid_request("iss is not the issuer of this backend."));
    }
    Ok(())
}

/// The issuer that must vouch for the user; `None` without a nonce, because then the login did not request `openid`.
///
/// # Errors
/// If no issuer could: this is better found now than after the code was used.
fn issuer<'a>(exchange: &CodeExchange, backend: &'a Backend) -> Result<Option<&'a Issuer>, Failure> {
    if exchange.nonce().is_none() {
        if backend.requires_id_token {
            return Err(Failure::invalid_request("nonce is missing: every login here has openid in its scope."));
        }
        return Ok(None);
    }
    backend.issuer.as_deref().map(Some).ok_or_else(|| {
        let description = "This backend cannot check the ID token of a login with a nonce.";
        let hint = "Set WICKETGATE_ISSUER (issuer), or leave openid out of the page's scope.";
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", description, hint)
    })
}

/// This browser did not begin the login of the code: somebody may have stolen the code.
fn not_begun() -> Failure {
    let hint = "Where this is the app's own page: configure backend.beginUrl there (POST /auth/begin), or for a migration set \
                WICKETGATE_ALLOW_UNBOUND=yes (allow_unbound). A login also ends after WICKETGATE_LOGIN_LIFETIME (login_lifetime).";
    let description = "This browser began no such login at this backend, or too long ago.";
    Failure::new(StatusCode::BAD_REQUEST, "invalid_request", description, hint)
}
