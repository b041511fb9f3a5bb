//! The counters of this backend, for any recorder that the program or the app has installed (the crate `metrics`).
//!
//! A label has one of few values, all of them known here: values that a page or a server chooses could fill the recorder's
//! memory.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use metrics::{SharedString, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

/// The values of `error` that are counted by their own names: this backend's, and those of RFC 6749 §5.2. Other values come
/// from a server.
const ERRORS: [&str; 10] = [
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "no_session",
    "not_found",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
];

const LOGINS: &str = "wicketgate_logins_total";
const REFRESHES: &str = "wicketgate_refreshes_total";
const FAILURES: &str = "wicketgate_failures_total";
const FORWARDED: &str = "wicketgate_forwarded_requests_total";
const LATENCY: &str = "wicketgate_forwarded_request_seconds";
const WEBSOCKETS: &str = "wicketgate_websockets";

/// Describes this crate's counters to the installed recorder (the crate `metrics`), and sets them to zero.
pub fn describe_metrics() {
    describe_counter!(LOGINS, "Users who have signed in.");
    describe_counter!(REFRESHES, "Sessions that have got new tokens.");
    describe_counter!(FAILURES, "What did not succeed, by operation, class of status and RFC 6749 error.");
    describe_counter!(FORWARDED, "Requests that were forwarded, by API and class of the status that the page got.");
    describe_histogram!(LATENCY, Unit::Seconds, "Time until an API began its answer.");
    describe_gauge!(WEBSOCKETS, "WebSocket connections that are open.");
    counter!(LOGINS).increment(0);
    counter!(REFRESHES).increment(0);
    gauge!(WEBSOCKETS).increment(0);
}

/// Counts a login.
pub(crate) fn logged_in() {
    counter!(LOGINS).increment(1);
}

/// Counts a refresh of a session's tokens.
pub(crate) fn refreshed() {
    counter!(REFRESHES).increment(1);
}

/// Counts a failure of `operation`.
pub(crate) fn failed(operation: &'static str, status: StatusCode, error: &str) {
    let error = ERRORS.into_iter().find(|known| *known == error).unwrap_or("other");
    counter!(FAILURES, "operation" => operation, "status" => code(status), "error" => error).increment(1);
}

/// Counts a request for `api`, which answered with `status` after `latency`; or the page got `status` from this backend.
pub(crate) fn forwarded(api: &Arc<str>, status: StatusCode, latency: Duration) {
    let api = SharedString::from(api.clone());
    counter!(FORWARDED, "api" => api.clone(), "status" => code(status)).increment(1);
    histogram!(LATENCY, "api" => api).record(latency);
}

/// A WebSocket connection that is open for as long as this value lives.
pub(crate) struct WebSocket(());

impl WebSocket {
    pub(crate) fn open() -> Self {
        gauge!(WEBSOCKETS).increment(1);
        Self(())
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        gauge!(WEBSOCKETS).decrement(1);
    }
}

/// The label for a status: an API may invent as many statuses as it likes.
fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
