//! `GET /auth/session`: who is signed in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};

use crate::backend::Backend;
use crate::failure::{Failure, json_answer};
use crate::origin::same_origin;

pub(crate) async fn session(State(backend): State<Arc<Backend>>, headers: HeaderMap) -> Result<Response, Failure> {
    same_origin::check(&Method::GET, &headers, &backend.origins)?;
    // A page asks at each start, so the log does not report that nobody is signed in.
    let noted = |failure: &Failure| {
        if failure.status.is_server_error() {
            failure.log("session")
        }
    };
    let current = backend.sessions.current(&headers).await.inspect_err(noted)?;
    let answer = json_answer(StatusCode::OK, backend.sessions.answer(current.session()));
    Ok((AppendHeaders(current.cookies), answer).into_response())
}
