//! [`Failure`]: the answer to the page in the form of RFC 6749 §5.2, and further facts for the log.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::counters;

/// A request that failed. None of its texts ever contains a secret, a code or a token.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    /// `error`: a registered value if one fits.
    pub(crate) error: Cow<'static, str>,
    /// `error_description`: one sentence.
    pub(crate) description: Cow<'static, str>,
    /// For the operator: how to correct it.
    pub(crate) hint: Cow<'static, str>,
    /// For the operator: how far the other server got, or the error of the network.
    pub(crate) cause: Option<String>,
}

impl Failure {
    pub(crate) fn new(
        status: StatusCode,
        error: &'static str,
        description: &'static str,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status, error: error.into(), description: description.into(), hint: hint.into(), cause: None }
    }

    pub(crate) fn because(self, cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// The request is not valid.
    pub(crate) fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            description: description.into(),
            ..Self::new(StatusCode::BAD_REQUEST, "invalid_request", "", "Compare the page's configuration with this backend's.")
        }
    }

    /// The request may come from another page than the app's.
    pub(crate) fn forbidden(description: &'static str) -> Self {
        let hint = "Where this is the app's own page: compare WICKETGATE_PUBLIC_ORIGIN (public_origin) with its address.";
        Self::new(StatusCode::FORBIDDEN, "invalid_request", description, hint)
    }

    /// Nobody is signed in.
    pub(crate) fn no_session() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "no_session", "Nobody is signed in, or the session has expired.", "Log in.")
    }

    /// An internal error, which must not happen.
    pub(crate) fn internal() -> Self {
        let hint = "Report this, with the log before it.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The backend failed.", hint)
    }

    /// Writes one line, as a warning or error if the operator can correct the failure. Text from other parties is escaped
    /// (`?`), so that it cannot begin a line of its own.
    pub(crate) fn log(&self, what: &'static str) {
        let (status, error, description, hint) = (self.status.as_u16(), &self.error, &self.description, &*self.hint);
        counters::failed(what, self.status, error);
        let cause = self.cause.as_deref().unwrap_or("-");
        if self.status.is_server_error() {
            tracing::warn!(status, ?error, ?description, ?cause, hint, "{what} failed");
        } else {
            tracing::info!(status, ?error, ?description, ?cause, hint, "{what} refused");
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        json_answer(self.status, body.to_string())
    }
}

/// An answer whose body is this JSON text.
pub(crate) fn json_answer(status: StatusCode, body: String) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, [content_type], body).into_response()
}

/// The answer if a path exists, but only for other methods; axum adds `Allow`.
pub(crate) async fn method_not_allowed() -> Failure {
    let description = "This path does not support the method.";
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", description, "See the header Allow.")
}
