//! The backend of a single-page app that logs in with OAuth 2.0: it receives the authorization code from the
//! page, redeems it with the client secret, and keeps the tokens out of the page.
//!
//! The page (the crate [`wicketgate`], or its npm package) validates the authorization response and hands the
//! code over; [`router`] does the rest. It holds no state of users: tokens and claims stand in an encrypted cookie of
//! the user's browser, so that any number of instances with the same key serve the same users.
//!
//! | route | |
//! | --- | --- |
//! | `POST /auth/exchange` | takes the hand-off, redeems the code, checks the ID token, answers `{"session": …}` and sets the cookie |
//! | `GET /auth/session` | answers `{"session": …}`, or 401 where nobody is signed in or the access token has expired; there is no refresh in this version |
//! | `POST /auth/logout` | removes the cookie, answers 204 |
//! | any method, `/api/…` | forwards to the one configured origin, path unchanged, with the access token attached |
//!
//! Where the hand-off has a nonce, the login is one with OpenID Connect, and the ID token is checked as the page would:
//! signature, issuer, audience, times, nonce. Its claims are `session.claims` of the answers. That needs
//! [`issuer`](Configuration::issuer); its metadata and keys are fetched when first needed, and kept in memory.
//!
//! No answer of `/auth/…` has a token in it. Every failure is JSON in the shape of RFC 6749 §5.2.
//!
//! ```no_run
//! use wicketgate_backend::{Configuration, CookieKey, router};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mut configuration = Configuration::new(
//!         "https://app.example",
//!         std::env::var("CLIENT_ID")?,
//!         std::env::var("CLIENT_SECRET")?,
//!         "https://my.worksmart.app/api/v1/oauth2/token",
//!         CookieKey::from_base64url(&std::env::var("COOKIE_KEY")?)?,
//!     );
//!     configuration.api_origin = Some("https://my.worksmart.app".into());
//!
//!     let app = axum::Router::new()
//!         .fallback(|| async { "the app's own routes and files" })
//!         .merge(router(configuration)?);
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! ```

mod answer;
mod api;
mod api_path;
mod authorization_server;
mod configuration;
mod destination;
mod exchange;
mod failure;
mod forwarded;
mod http_client;
mod id_token;
mod same_origin;
mod session;
mod session_cookie;
mod signature;
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

/// The samples of the README are compiled too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
