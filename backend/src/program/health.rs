//! Whether the program runs, and whether it can work: for monitoring.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use wicketgate_backend::Backend;

/// `/healthz` succeeds for as long as the program runs. `/readyz` answers 503 while the session store cannot be reached,
/// because another instance may still reach it.
pub(super) fn router(backend: Arc<Backend>) -> Router {
    let healthy = || async { text(StatusCode::OK, "ok") };
    Router::new().route("/healthz", get(healthy)).route("/readyz", get(is_ready)).with_state(backend)
}

async fn is_ready(State(backend): State<Arc<Backend>>) -> impl IntoResponse {
    if backend.is_ready().await {
        text(StatusCode::OK, "ready")
    } else {
        text(StatusCode::SERVICE_UNAVAILABLE, "the session store cannot be reached")
    }
}

fn text(status: StatusCode, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, text)
}

pub(super) async fn not_found() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::NOT_FOUND, headers, r#"{"error":"not_found","error_description":"There is nothing at this path."}"#)
}
