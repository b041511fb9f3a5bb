//! [`forward`]: sends a request of the page to an API with the access token attached, and returns the API's answer.

use core::pin::pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::client::legacy::Error;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tower_http::timeout::TimeoutBody;

use super::apis::Target;
use super::body::Noted;
use super::credentials::Credentials;
use super::websocket::{self, Ending, Handshake};
use crate::counters;
use crate::failure::Failure;
use crate::http_client::innermost;

/// How long an answer of known length may pause once it has begun. An answer of unknown length, such as a stream of events, may
/// be silent for as long as its connection lasts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The longest body that the backend keeps, in bytes, so that it can send the request a second time if the API demands a nonce.
const LONGEST_KEPT: u64 = 64 << 10;

/// Forwards `request`, whose path the browser knows as `mount` + path, and returns the API's answer.
pub(crate) async fn forward(
    target: Target<'_>,
    request: Request,
    mount: &str,
    credentials: &Credentials<'_>,
    ending: impl FnOnce() -> Ending,
) -> Result<Response, Failure> {
    let begun = Instant::now();
    let answered = answer(&target, request, mount, credentials, ending).await;
    let status = answered.as_ref().map_or_else(|failure| failure.status, Response::status);
    counters::forwarded(&target.api.name, status, begun.elapsed());
    answered
}

async fn answer(
    target: &Target<'_>,
    mut request: Request,
    mount: &str,
    credentials: &Credentials<'_>,
    ending: impl FnOnce() -> Ending,
) -> Result<Response, Failure> {
    let handshake = Handshake::of(&mut request)?;
    let (head, body) = request.into_parts();
    // Only an API that demands a proof asks for the same request once more.
    let (body, kept) = if credentials.key.is_some() { kept(body, target).await? } else { (body, None) };
    let mut headers = target.headers().to_api(&head.headers);
    if let Some(handshake) = &handshake {
        handshake.to_api(&head.headers, &target.uri, &mut headers);
    }
    // Only a request that may have to go out once more is kept, with its header.
    let kept = kept.map(|kept| (headers.clone(), kept));
    let (first, sent) = send(target, &head.method, headers, body, credentials).await?;
    let asks_again = credentials.asks_again(&first, &target.uri, sent.as_deref());
    let answer = match kept.filter(|_| asks_again) {
        Some((headers, kept)) => {
            let (second, sent) = send(target, &head.method, headers, kept.into(), credentials).await?;
            credentials.asks_again(&second, &target.uri, sent.as_deref());
            second
        }
        None => first,
    };
    match (handshake, answer.status()) {
        (Some(handshake), StatusCode::SWITCHING_PROTOCOLS) => handshake.accept(answer, ending()),
        (None, StatusCode::SWITCHING_PROTOCOLS) => Err(websocket::switched()),
        _ => Ok(to_page(target, answer, mount)),
    }
}

/// `body`; and, if it is short, a copy of it: read whole, and equal to what was read.
async fn kept(body: Body, target: &Target<'_>) -> Result<(Body, Option<Bytes>), Failure> {
    if body.size_hint().exact().is_none_or(|length| length > LONGEST_KEPT) {
        return Ok((body, None));
    }
    let read = timeout(target.timeout().max(LONGEST_PAUSE), to_bytes(body, usize::MAX)).await;
    let unread = || Failure::invalid_request("The body of the request did not come.");
    let bytes = read.map_err(|_| unread())?.map_err(|_| unread())?;
    Ok((bytes.clone().into(), Some(bytes)))
}

/// The API's answer, and the nonce that was in the proof.
async fn send(
    target: &Target<'_>,
    method: &Method,
    mut headers: HeaderMap,
    body: Body,
    credentials: &Credentials<'_>,
) -> Result<(Response<Incoming>, Option<String>), Failure> {
    let nonce = credentials.add(method, &target.uri, &mut headers)?;
    // Every part of the body that passes is recorded.
    let (moved, last_moved) = watch::channel(Instant::now());
    let mut sent = axum::http::Request::new(Noted::new(body, moved));
    *sent.method_mut() = method.clone();
    *sent.uri_mut() = target.uri.clone();
    *sent.headers_mut() = headers;
    let answer = unless_idle(target.api.client.send(sent), &last_moved, target.timeout()).await.ok_or_else(too_slow)?;
    Ok((answer.map_err(|error| no_answer(&error))?, nonce))
}

fn to_page(target: &Target<'_>, answer: Response<Incoming>, mount: &str) -> Response {
    let (head, body) = answer.into_parts();
    let body = match body.size_hint().exact() {
        Some(_) => Body::new(TimeoutBody::new(target.timeout().max(LONGEST_PAUSE), body)),
        None => Body::new(body),
    };
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = target.headers().to_page(&head.headers);
    rewrite_location(response.headers_mut(), target, mount);
    response
}

fn rewrite_location(headers: &mut HeaderMap, target: &Target<'_>, mount: &str) {
    let Some(location) = headers.remove(LOCATION) else { return };
    let location = location.to_str().ok().and_then(|location| target.page_location(location, mount));
    if let Some(location) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
        headers.insert(LOCATION, location);
    }
}

/// The result of `answer`, unless nothing moves for `limit`: a large upload may take as long as it needs.
async fn unless_idle<F: Future>(answer: F, last_moved: &watch::Receiver<Instant>, limit: Duration) -> Option<F::Output> {
    let mut answer = pin!(answer);
    loop {
        let moved = *last_moved.borrow();
        match timeout_at(moved + limit, &mut answer).await {
            Ok(output) => return Some(output),
            Err(_) if *last_moved.borrow() == moved => return None,
            Err(_) => {}
        }
    }
}

fn too_slow() -> Failure {
    let hint = "Look at the API, or raise WICKETGATE_TIMEOUT (timeout).";
    Failure::new(StatusCode::GATEWAY_TIMEOUT, "temporarily_unavailable", "The API did not answer in time.", hint)
}

fn no_answer(error: &Error) -> Failure {
    let hint = "Check that the API is up, and that WICKETGATE_API (api) or WICKETGATE_API_ORIGIN (api_origin) is right.";
    Failure::new(StatusCode::BAD_GATEWAY, "temporarily_unavailable", "The API cannot be reached.", hint).because(innermost(error))
}
