//! `/api/…`: a request of the page, forwarded to the API with the access token attached.

use core::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tower_http::timeout::TimeoutBody;
use url::Url;
use wicketgate::protocol::secret::Secret;

use crate::api_path::target;
use crate::authorization_server::innermost;
use crate::configuration::Backend;
use crate::destination;
use crate::failure::Failure;
use crate::forwarded::{answer_headers, request_headers, rewrite_location};
use crate::same_origin;
use crate::session::{Session, now};

/// An answer that has begun may pause this long, for instance between the events of a stream.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

pub(crate) struct Api {
    pub(crate) origin: Url,
    pub(crate) http: reqwest::Client,
}

pub(crate) async fn forward(
    State(backend): State<Arc<Backend>>,
    OriginalUri(original): OriginalUri,
    request: Request,
) -> Result<Response, Failure> {
    // Where the router is nested in another, the browser's path begins with more than is seen here.
    let mount = original.path().strip_suffix(request.uri().path()).unwrap_or_default();
    pass_on(&backend, mount, request).await.inspect_err(|failure| failure.log("API request"))
}

async fn pass_on(backend: &Backend, mount: &str, request: Request) -> Result<Response, Failure> {
    // TRACE would answer with the request, and the token in it; CONNECT has no path to forward.
    if [Method::TRACE, Method::CONNECT].contains(request.method()) {
        let description = "The method is not one that is forwarded.";
        return Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", description, "Use another method."));
    }
    same_origin::check(request.method(), request.headers(), &backend.public_origin)?;
    destination::check(request.headers())?;
    let Some(api) = &backend.api else {
        let hint = "Set WICKETGATE_API_ORIGIN (api_origin) where there is an API.";
        return Err(Failure::new(StatusCode::NOT_FOUND, "not_found", "This backend forwards to no API.", hint));
    };
    let session = Session::of_request(request.headers(), backend, now())?;
    let target = target(&api.origin, request.uri()).ok_or_else(|| Failure::invalid_request("The path is ambiguous."))?;

    let (moved, last_moved) = watch::channel(Instant::now());
    let sent = to_api(request, target.clone(), &session.access_token, moved)?;
    let answer = unless_idle(api.http.execute(sent), &last_moved, backend.timeout).await.ok_or_else(too_slow)?;
    let answer = answer.map_err(|error| no_answer(&error))?;
    Ok(to_page(answer, &target, mount, backend.timeout.max(LONGEST_PAUSE)))
}

/// The request as the API gets it. Every part of the body that passes is noted in `moved`.
fn to_api(
    request: Request,
    target: Url,
    access_token: &Secret,
    moved: watch::Sender<Instant>,
) -> Result<reqwest::Request, Failure> {
    let (head, body) = request.into_parts();
    let mut sent = reqwest::Request::new(head.method, target);
    let headers = sent.headers_mut();
    *headers = request_headers(&head.headers);
    let bearer = Secret::new(format!("Bearer {}", access_token.expose()));
    let mut bearer = HeaderValue::try_from(bearer.expose()).map_err(|_| Failure::no_session())?;
    bearer.set_sensitive(true);
    headers.insert(header::AUTHORIZATION, bearer);
    if !body.is_end_stream() {
        let noted = body.into_data_stream().inspect(move |_| {
            moved.send_replace(Instant::now());
        });
        *sent.body_mut() = Some(reqwest::Body::wrap_stream(noted));
    }
    Ok(sent)
}

fn to_page(answer: reqwest::Response, target: &Url, mount: &str, longest_pause: Duration) -> Response {
    let (mut head, body) = axum::http::Response::from(answer).into_parts();
    head.headers = answer_headers(&head.headers);
    rewrite_location(&mut head.headers, target, mount);
    let mut response = Response::new(Body::new(TimeoutBody::new(longest_pause, body)));
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    response
}

/// What `answer` gives, unless nothing moves for `limit`: a large upload may take as long as it needs.
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

fn no_answer(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return too_slow();
    }
    let hint = "Look whether the API is up, and whether WICKETGATE_API_ORIGIN (api_origin) is right.";
    Failure::new(StatusCode::BAD_GATEWAY, "temporarily_unavailable", "The API cannot be reached.", hint).because(innermost(error))
}
