//! The backend of a single-page app that logs in with OAuth 2.0: it does the whole login, or redeems the code that the page
//! hands over, with the client secret. It keeps the tokens out of the page, refreshes them, and forwards the page's API
//! requests with them.
//!
//! Sessions lie in an encrypted cookie of the user's browser, and this backend then has no state; or in Redis or Valkey
//! ([`session_store`](Configuration::session_store)), which all instances share.
//!
//! | route | |
//! | --- | --- |
//! | `GET /auth/login`, `/auth/callback` | the whole login: the browser goes to the server and comes back to the page signed in |
//! | `POST /auth/begin`, `POST /auth/exchange` | the hand-off: begins a login of the page, and takes its code |
//! | `GET /auth/jwks` | the public halves of the client's keys, if it has any |
//! | `GET /auth/session` | answers `{"session": …}`, or 401 if nobody is signed in |
//! | `POST /auth/logout` | ends the session and revokes its tokens; 204, or `{"redirect": …}` if the logout continues at the server |
//! | `GET /auth/sessions`, `DELETE /auth/sessions/ID` | a user's own sessions, with a store |
//! | `POST /auth/backchannel-logout` | the server ends sessions, with a store |
//! | any method, at the paths of the APIs | forwards with the access token attached |
//!
//! A login with a nonce uses OpenID Connect, and this backend checks the ID token as the page would: signature, issuer,
//! audience, times, nonce. Its claims are `session.claims` of the answers. That needs [`issuer`](Configuration::issuer), whose
//! metadata and keys are fetched when they are first needed, and kept in memory.
//!
//! No answer of `/auth/…` contains an access or refresh token. Every failure is JSON in the form of RFC 6749 §5.2.
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
mod backend;
mod clock;
mod configuration;
mod cookies;
mod counters;
mod failure;
mod http_client;
mod joined;
mod keys;
mod login;
mod origin;
mod routes;
mod seal;
mod server;
mod session;
mod signature;

use std::sync::Arc;

use axum::Router;

pub use backend::Backend;
pub use clock::Clock;
pub use configuration::{ApiRoute, ClientAuthenticationMethod, Configuration, ConfigurationError, CookieKey, Wish};
pub use counters::describe_metrics;

/// The routes above, to serve alone or to merge into another app. The page must reach them on its own origin.
///
/// # Errors
/// If a member of the configuration cannot be used; the error names it.
pub fn router(configuration: Configuration) -> Result<Router, ConfigurationError> {
    Ok(Arc::new(Backend::new(configuration)?).router())
}

impl Backend {
    /// The routes of this crate, as [`router`] gives them.
    pub fn router(self: &Arc<Self>) -> Router {
        routes::router(self.clone())
    }
}

/// The README's samples are compiled, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
