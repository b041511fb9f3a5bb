//! The routes: which requests each accepts, and which rooms below it uses.

mod api;
mod backchannel_logout;
mod begin;
mod body;
mod callback;
mod exchange;
mod jwks;
mod landing;
mod login;
mod logout;
mod page_request;
mod session;
mod sessions;

use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{any, delete, get, post};

use crate::answer;
use crate::backend::Backend;
use crate::failure::method_not_allowed;

pub(crate) fn router(backend: Arc<Backend>) -> Router {
    let own = Router::new()
        .route("/auth/begin", post(begin::begin).fallback(method_not_allowed))
        .route("/auth/login", get(login::login).fallback(method_not_allowed))
        .route("/auth/callback", get(callback::by_get).post(callback::by_post).fallback(method_not_allowed))
        .route("/auth/backchannel-logout", post(backchannel_logout::end).fallback(method_not_allowed))
        .route("/auth/sessions", get(sessions::list).fallback(method_not_allowed))
        .route("/auth/sessions/{id}", delete(sessions::end).fallback(method_not_allowed))
        .route("/auth/exchange", post(exchange::exchange).fallback(method_not_allowed))
        .route("/auth/jwks", get(jwks::jwks).fallback(method_not_allowed))
        .route("/auth/session", get(session::session).fallback(method_not_allowed))
        .route("/auth/logout", post(logout::logout).fallback(method_not_allowed));
    backend
        .apis
        .routes()
        .iter()
        .fold(own, |router, path| router.route(path, any(api::forward)))
        .layer(map_response(answer::secured))
        .with_state(backend)
}
