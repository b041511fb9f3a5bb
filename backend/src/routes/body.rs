//! The bodies of requests from the page or the server.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};

use crate::failure::Failure;

/// The largest body. All bodies here consist of a code, a token and some identifiers; 64 KiB is far more than any of them
/// needs.
const MAX_BODY: usize = 64 << 10;

/// The header fields and the JSON body of a request; `what` is its name in a failure.
pub(crate) async fn json_body(request: Request, what: &str, timeout: Duration) -> Result<(HeaderMap, Bytes), Failure> {
    body(request, what, "application/json", timeout).await
}

/// The header fields and the form of a request.
pub(crate) async fn form_body(request: Request, what: &str, timeout: Duration) -> Result<(HeaderMap, Bytes), Failure> {
    body(request, what, "application/x-www-form-urlencoded", timeout).await
}

async fn body(request: Request, what: &str, wanted: &str, timeout: Duration) -> Result<(HeaderMap, Bytes), Failure> {
    if !is_of_type(request.headers(), wanted) {
        return Err(status(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("The {what} is not sent as {wanted}.")));
    }
    let (head, body) = request.into_parts();
    let reading = tokio::time::timeout(timeout, to_bytes(body, MAX_BODY)).await;
    let reading = reading.map_err(|_| status(StatusCode::REQUEST_TIMEOUT, format!("The {what} did not arrive in time.")))?;
    let too_large = |_| status(StatusCode::PAYLOAD_TOO_LARGE, format!("The {what} is broken off or larger than 64 KiB."));
    Ok((head.headers, reading.map_err(too_large)?))
}

fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(wanted))
}

fn status(status: StatusCode, description: String) -> Failure {
    Failure { status, ..Failure::invalid_request(description) }
}
