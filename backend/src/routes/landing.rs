//! The browser's way back to the page, with the outcome of a login. The page's URL never contains a code: it contains nothing
//! more, or `wicketgate_error` and, if the server sent a description, `wicketgate_error_description`.
//!
//! If the target of a redirect has no fragment, the browser keeps that of the URL that it requested (RFC 9110 §10.2.2). The
//! server may have put a code there, because somebody has added `response_mode=fragment` to the request. So after a failure,
//! the target always has a fragment, which may be empty. After a success, the only code of the response is used up.

use std::borrow::Cow;

use axum::http::header::{LOCATION, REFERRER_POLICY};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use wicketgate::protocol::url::append_parameter;

use crate::failure::Failure;

/// Why nobody is signed in: for the page, and for the log.
#[derive(Clone)]
pub(super) struct Problem {
    /// A code of wicketgate's errors, or the server's own error: none of the former equals one of the latter.
    pub(super) error: Cow<'static, str>,
    /// The server's description, capped and cleaned.
    pub(super) description: Option<String>,
    pub(super) failure: Box<Failure>,
}

/// The failure of a request to the server, or of this backend.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self { error: "backend_failed".into(), description: None, failure: failure.into() }
    }
}

/// The answer that sends the browser to `path` of the page, without the fragment of the URL that it requested.
pub(super) fn to_page(path: &str, problem: Option<&Problem>) -> Response {
    see_other(&location(path, problem))
}

/// `path` with the `problem` in its query, and with a fragment.
pub(super) fn location(path: &str, problem: Option<&Problem>) -> String {
    let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
    let Some(problem) = problem else { return format!("{path}#{fragment}") };
    let mut parameters = String::new();
    append_parameter(&mut parameters, "wicketgate_error", Some(&problem.error));
    append_parameter(&mut parameters, "wicketgate_error_description", problem.description.as_deref());
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}{parameters}#{fragment}")
}

/// The answer that redirects the browser to `url` by GET, without a referrer: a URL of this backend may contain a code.
pub(super) fn see_other(url: &str) -> Response {
    let referrer: (HeaderName, HeaderValue) = (REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    match HeaderValue::try_from(url) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location), referrer]).into_response(),
        Err(_) => Failure::internal().into_response(),
    }
}
