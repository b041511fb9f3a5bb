//! The paths of the APIs: which requests of the page are forwarded.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{OriginalUri, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};

use crate::api::{self, Credentials, Ending, destination, is_handshake};
use crate::backend::Backend;
use crate::failure::Failure;
use crate::origin::same_origin;
use crate::session::Current;

/// How often an open connection checks whether its session has ended.
const WATCH: Duration = Duration::from_secs(1);

pub(crate) async fn forward(
    State(backend): State<Arc<Backend>>,
    OriginalUri(original): OriginalUri,
    request: Request,
) -> Result<Response, Failure> {
    // If the router is nested in another one, the browser's path has a prefix that this route does not see.
    let mount = original.path().strip_suffix(request.uri().path()).unwrap_or_default();
    pass_on(&backend, mount, request).await.inspect_err(|failure| failure.log("API request"))
}

async fn pass_on(backend: &Arc<Backend>, mount: &str, request: Request) -> Result<Response, Failure> {
    // TRACE would answer with the request, and the token in it; CONNECT has no path to forward.
    if [Method::TRACE, Method::CONNECT].contains(request.method()) {
        let description = "This method is not forwarded.";
        return Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", description, "Use another method."));
    }
    if is_handshake(&request) {
        same_origin::check_handshake(request.headers(), &backend.origins)?;
        destination::check_handshake(request.headers())?;
    } else {
        same_origin::check_forwarded(request.method(), request.headers(), &backend.origins)?;
        destination::check(request.headers())?;
    }
    let target = backend.apis.target(request.uri())?;
    let current = backend.sessions.current(request.headers()).await?;
    let ending = || ending(backend.clone(), current.clone());
    let session = current.session();
    let proofs = &backend.token_endpoint.proofs;
    let key = session.bound_to.as_ref().and_then(|thumbprint| proofs.keys.find(thumbprint));
    let credentials = Credentials { access_token: &session.access_token, key: key.map(|key| (proofs.as_ref(), key)) };
    let answer = api::forward(target, request, mount, &credentials, ending).await?;
    if answer.status() == StatusCode::UNAUTHORIZED {
        backend.sessions.doubt(&current);
    }
    Ok((AppendHeaders(current.cookies), answer).into_response())
}

/// A future that is ready when the session has ended.
fn ending(backend: Arc<Backend>, current: Current) -> Ending {
    Box::pin(async move {
        while backend.sessions.lasts(&current).await {
            tokio::time::sleep(WATCH).await;
        }
    })
}
