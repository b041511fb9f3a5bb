//! `POST /auth/exchange`: the page hands the code over.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use wicketgate::protocol::token::CodeExchange;

use crate::configuration::Backend;
use crate::failure::Failure;
use crate::id_token::Issuer;
use crate::same_origin;
use crate::session::{Session, now};

/// A hand-off has a code and some identifiers; 64 KiB is far more than any.
const MAX_HAND_OFF: usize = 64 << 10;

pub(crate) async fn exchange(State(backend): State<Arc<Backend>>, request: Request) -> Result<Response, Failure> {
    redeem(&backend, request).await.inspect_err(|failure| failure.log("exchange"))
}

async fn redeem(backend: &Backend, request: Request) -> Result<Response, Failure> {
    same_origin::check_with_custom_header(request.headers(), &backend.public_origin)?;
    if !is_json(request.headers()) {
        let failure = Failure::invalid_request("The hand-off is not sent as application/json.");
        return Err(Failure { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..failure });
    }
    let (head, body) = request.into_parts();
    let reading = tokio::time::timeout(backend.timeout, to_bytes(body, MAX_HAND_OFF));
    let body = reading.await.map_err(|_| status(StatusCode::REQUEST_TIMEOUT, "The hand-off did not arrive in time."))?;
    let body = body.map_err(|_| status(StatusCode::PAYLOAD_TOO_LARGE, "The hand-off is broken off or larger than 64 KiB."))?;

    // The message names the member, never its value.
    let exchange = CodeExchange::from_hand_off(&body).map_err(|error| Failure::invalid_request(error.message()))?;
    check_addressee(&exchange, backend)?;
    let issuer = issuer(&exchange, backend)?;

    // Before the request goes out: a token must never be thought to live longer than the server thinks.
    let requested_at = now();
    let prepare = async {
        Ok(match issuer {
            Some(issuer) => issuer.prepare().await,
            None => Ok(()),
        })
    };
    // The token endpoint is heard first: it has the word on the code, and where that is no, nobody waits for keys.
    let (tokens, prepared) = tokio::try_join!(backend.token_endpoint.redeem(&exchange), prepare)?;
    prepared?;
    let claims = match issuer {
        Some(issuer) => Some(issuer.claims(&exchange, &tokens).await?),
        None => None,
    };
    let session = Session::new(tokens, claims.as_ref(), requested_at);
    let cookies = backend.session_cookie.seal(&session, &head.headers).ok_or_else(too_large)?;
    tracing::debug!("exchange succeeded");
    Ok((AppendHeaders(cookies), session.to_answer()).into_response())
}

/// The page may serve several servers and clients; a code goes only to the one that it is for (RFC 9700 §4.4).
fn check_addressee(exchange: &CodeExchange, backend: &Backend) -> Result<(), Failure> {
    let differs = |said: Option<&str>, own: Option<&String>| said.zip(own).is_some_and(|(said, own)| said != own);
    if exchange.client_id() != backend.client_id {
        return Err(Failure::invalid_request("client_id is not the one of this backend."));
    }
    if differs(exchange.redirect_uri(), backend.redirect_uri.as_ref()) {
        return Err(Failure::invalid_request("redirect_uri is not the one of this backend."));
    }
    if differs(exchange.iss(), backend.issuer.as_ref().map(|issuer| &issuer.identifier)) {
        return Err(Failure::invalid_request("iss is not the issuer of this backend."));
    }
    Ok(())
}

/// Who must vouch for the user; nobody where there is no nonce. Then `openid` was not asked for, and an ID token that
/// comes all the same is ignored: nothing binds it to this login.
///
/// # Errors
/// Where nobody could: better now than when the code is spent.
fn issuer<'a>(exchange: &CodeExchange, backend: &'a Backend) -> Result<Option<&'a Issuer>, Failure> {
    if exchange.nonce().is_none() {
        if backend.requires_id_token {
            return Err(Failure::invalid_request("nonce is missing: every login here has openid in its scope."));
        }
        return Ok(None);
    }
    backend.issuer.as_ref().map(Some).ok_or_else(|| {
        let description = "This backend cannot check ID tokens, which a login with a nonce has.";
        let hint = "Set WICKETGATE_ISSUER (issuer), or leave openid out of the page's scope.";
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", description, hint)
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

fn status(status: StatusCode, description: &'static str) -> Failure {
    Failure { status, ..Failure::invalid_request(description) }
}

fn too_large() -> Failure {
    let hint = "Have the server issue smaller tokens, opaque ones best: a browser keeps about 11 kB of them.";
    Failure::new(StatusCode::BAD_GATEWAY, "server_error", "The server's tokens are too large to be kept.", hint)
}
