//! The backend of a single-page app that logs in with OAuth 2.0: it receives the authorization code from the
//! page, redeems it with the client secret, and keeps the tokens out of the page.
//!
//! The page (the crate [`wicketgate`], or its npm package) validates the authorization response and hands the
//! code over; [`router`] does the rest. It holds no state: the tokens stand in an encrypted cookie of the user's
//! browser, so that any number of instances with the same key serve the same users.
//!
//! | route | |
//! | --- | --- |
//! | `POST /auth/exchange` | takes the hand-off, redeems the code, answers `{"session": …}` and sets the cookie |
//! | `GET /auth/session` | answers `{"session": …}`, or 401 where nobody is signed in or the access token has expired; there is no refresh in this version |
//! | `POST /auth/logout` | removes the cookie, answers 204 |
//! | any method, `/api/…` | forwards to the one configured origin, path unchanged, with the access token attached |
//!
//! No answer of `/auth/…` has a token in it. Every failure is JSON in the shape of RFC 6749 §5.2.
//!
//! ```
//! use wicketgate_backend::{Configuration, CookieKey, router};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut configuration = Configuration::new(
//!     "https://app.example",
//!     "client-identifier",
//!     "client-secret",
//!     "https://server.example/oauth2/token",
//!     CookieKey::from_base64url("QeW4qZ3RLlMJ7S0t1vZ5Xb0o2Yk8Cn6uPpHfTgIaDxE")?,
//! );
//! configuration.api_origin = Some("https://server.example".into());
//! let app: axum::Router = axum::Router::new().merge(router(configuration)?);
//! # Ok(())
//! # }
//! ```

mod answer;
mod api;
mod configuration;
mod exchange;
mod failure;
mod forwarded;
mod http_client;
mod same_origin;
mod session;
mod session_cookie;
mod token_endpoint;

use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{any, get, post};

pub use configuration::{ClientAuthenticationMethod, Configuration, ConfigurationError, CookieKey};

use configuration::Backend;
use failure::method_not_allowed;

/// The routes above, to serve alone or to merge into another app. They must be reached on the page's own origin.
///
/// # Errors
/// Where a member of the configuration cannot be used: named in the error.
pub fn router(configuration: Configuration) -> Result<Router, ConfigurationError> {
    let backend = Arc::new(Backend::new(configuration)?);
    Ok(Router::new()
        .route("/auth/exchange", post(exchange::exchange).fallback(method_not_allowed))
        .route("/auth/session", get(session::session).fallback(method_not_allowed))
        .route("/auth/logout", post(session::logout).fallback(method_not_allowed))
        .route("/api/", any(api::forward))
        .route("/api/{*path}", any(api::forward))
        .layer(map_response(answer::secured))
        .with_state(backend))
}
