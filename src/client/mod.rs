//! What happens when: the sequence of logins, refreshes and logouts, over any [`Host`]. All code that waits is here, and no
//! code that touches a browser, so that all of it runs natively, against a simulated host.
//!
//! [`Client`] is the public surface. Each of its methods asks one room:
//!
//! | room | what it owns or decides |
//! | --- | --- |
//! | `configuration`, `options` | the settings and the options of calls |
//! | `page` | the state that all clients of a page share, and the connection that each room is given |
//! | `lacks` | the features that this build lacks |
//! | `server`, `discovery` | the server's metadata: what is known of them, and how they are found |
//! | `login/` | from the authorization request to the redeemed code |
//! | `pushing` | which authorization requests are pushed to the server first |
//! | `backend` | all requests to the page's own backend |
//! | `session/` | who is signed in, the tokens, their store, and their renewal |
//! | `proofs`, `credentials` | tokens that are bound to a key, and the proofs of that key in requests |
//! | `keys`, `id_token` | the server's keys, and what they verify |
//! | `access` | which requests may carry an access token |
//! | `apis`, `resources` | the APIs that have tokens of their own, and what a login asks for on their behalf |
//! | `userinfo` | the claims of the UserInfo endpoint |
//! | `logout`, `end_session`, `logout_return`, `revocation` | the end of a session: here, at the server and back, and of its tokens |
//!
//! Below them: `members`, the typed JSON objects that configuration and options are, and `shared_future`, one outcome for several
//! callers.

#[cfg(feature = "tokens")]
mod access;
#[cfg(all(feature = "resources", feature = "tokens"))]
mod apis;
#[cfg(feature = "backend")]
mod backend;
mod configuration;
#[cfg(all(feature = "dpop", feature = "tokens"))]
mod credentials;
mod discovery;
#[cfg(feature = "end-session")]
mod end_session;
#[cfg(feature = "tokens")]
mod id_token;
#[cfg(feature = "tokens")]
mod keys;
pub(crate) mod lacks;
mod login;
mod logout;
#[cfg(feature = "end-session")]
mod logout_return;
mod members;
mod options;
mod page;
#[cfg(all(feature = "dpop", feature = "tokens"))]
mod proofs;
#[cfg(not(all(feature = "dpop", feature = "tokens")))]
#[path = "no_proofs.rs"]
mod proofs;
#[cfg(any(feature = "backend", feature = "par"))]
mod pushing;
#[cfg(all(feature = "resources", feature = "tokens"))]
mod resources;
#[cfg(feature = "tokens")]
mod revocation;
mod server;
mod session;
mod shared_future;
#[cfg(feature = "tokens")]
mod userinfo;

use core::convert::Infallible;
use std::rc::Rc;

#[cfg(feature = "tokens")]
pub use access::Refusal;
pub use configuration::{
    BackendConfiguration, Configuration, IdTokenSignature, Metadata, OnUnknownTransaction, Pkce, TokenStore, Usage,
};
#[cfg(all(feature = "dpop", feature = "tokens"))]
pub use credentials::{ApiAnswer, Credentials};
#[cfg(feature = "popup")]
pub use login::popup::LoginElsewhere;
pub use login::remembered::LoginResult;
pub use options::{AccessTokenOptions, LoginOptions, LogoutOptions};
pub use page::Page;
pub use session::snapshot::{EndedBy, Session, Status};
pub use session::subscription::Subscription;

use crate::host::Host;
use crate::protocol::error::Error;
#[cfg(feature = "tokens")]
use crate::protocol::json::Json;
use crate::protocol::metadata::ServerMetadata;
#[cfg(feature = "tokens")]
use crate::protocol::secret::Secret;
#[cfg(feature = "environment")]
use crate::protocol::url::Url;
use configuration::Settings;
#[cfg(feature = "popup")]
use login::popup;
#[cfg(feature = "end-session")]
use login::response;
use login::{begin, callback};
use page::Connection;
use server::Server;
use session::signals;

/// A client of one authorization server.
///
/// Methods stand in the order of use: connect, log in, handle the callback, use the session, log out.
pub struct Client<P> {
    connection: Rc<Connection<P>>,
    #[cfg(feature = "end-session")]
    logout_state: Option<String>,
}

impl<P: Host> Client<P> {
    /// Checks the configuration, and restores the session of an earlier page or of the backend. On a callback page, it restores
    /// the session only when a call needs it. The client fetches the server's metadata when a call needs them. If the backend
    /// cannot be reached, nobody is signed in yet, and the client asks it again.
    ///
    /// # Errors
    /// `invalid_config`, `invalid_metadata`, `unsupported_environment`; `backend_failed` if the backend gives an answer that is
    /// not a session.
    pub fn connect(page: &Rc<Page<P>>, configuration: Configuration) -> impl Future<Output = Result<Rc<Self>, Error>> {
        Self::connect_as(page, configuration.into())
    }

    async fn connect_as(page: &Rc<Page<P>>, mut configuration: Settings) -> Result<Rc<Self>, Error> {
        let url = page.url()?;
        #[cfg(feature = "environment")]
        if !configuration.is_elsewhere() && Url::from_serialized(page.host().page_url()).is_none() {
            return Err(Error::unsupported("a page with an http or https URL"));
        }
        configuration.check(&url)?;
        let server = Server::new(&configuration)?;
        #[cfg(feature = "end-session")]
        let logout_state = match response::is_response(&configuration, &url) {
            true => None,
            false => page.logout_return.state(page.host()),
        };
        #[cfg(feature = "tokens")]
        id_token::check_host(page.host(), &configuration, configuration.text("scope"))?;
        let session = page.session(&configuration, &server)?;
        let connection = Rc::new(Connection { page: page.clone(), configuration, server, session });
        #[cfg(all(feature = "dpop", feature = "tokens"))]
        proofs::check_host(&connection)?;
        page.add(&connection, signals::on_signal);
        #[cfg(feature = "idle")]
        session::idle_limit::follow(&connection);
        let client = Rc::new(Self {
            connection,
            #[cfg(feature = "end-session")]
            logout_state,
        });
        if !client.is_callback(None) {
            signals::restore_at_first(&client.connection).await?;
        }
        Ok(client)
    }

    /// Fetches the server's metadata, if they are not known. If logins are bound to a key (RFC 9449), has the browser make or
    /// find the key.
    ///
    /// # Errors
    /// `invalid_metadata`, `network_failed`, `timed_out`; `storage_unavailable` if [`Usage::Always`] demands a key and the browser
    /// cannot keep one.
    pub fn load(&self) -> impl Future<Output = Result<(), Error>> {
        proofs::load(&self.connection)
    }

    /// The server's metadata: the server's own, overlaid by the configured ones. `None` until a call has needed them, or
    /// [`load`](Self::load) has succeeded.
    pub fn metadata(&self) -> Option<&ServerMetadata> {
        let server = &self.connection.server;
        server.is_known().then(|| server.metadata())
    }

    /// Builds the authorization request, stores its transaction in the tab, and returns the URL. Synchronous; does
    /// not navigate.
    ///
    /// # Errors
    /// `not_ready` if the server's metadata are not known ([`load`](Self::load)); `pushed_request_required` if the backend
    /// begins the login ([`pushed`](Self::pushed)); `storage_unavailable`, `unsupported_environment`, `invalid_option`,
    /// `invalid_metadata`.
    pub fn authorization_url(&self, options: &LoginOptions) -> Result<String, Error> {
        begin::authorization_url(&self.connection, options)
    }

    /// Builds the authorization request, has the backend begin it if that is configured ([`BackendConfiguration::begin_url`]),
    /// stores its transaction in the tab, and returns the URL, which a click may then open at once. Does not navigate.
    ///
    /// # Errors
    /// Those of [`load`](Self::load) and [`authorization_url`](Self::authorization_url); `backend_failed`.
    pub fn pushed(&self, options: &LoginOptions) -> impl Future<Output = Result<String, Error>> {
        begin::pushed(&self.connection, options, begin::Way::Here)
    }

    /// Builds the authorization request and navigates to it. It never succeeds, because the page is gone by then:
    /// `let Err(error) = client.begin_login(&options).await;` covers every outcome.
    ///
    /// # Errors
    /// Those of [`pushed`](Self::pushed); `navigation_cancelled` if the page stayed (the user chose "Stay", the server sent a
    /// download or no page within twice `requestTimeout`), or if the user came back to this page.
    pub fn begin_login(&self, options: &LoginOptions) -> impl Future<Output = Result<Infallible, Error>> {
        begin::begin_login(&self.connection, options)
    }

    /// Whether `url` (default: the page's) carries an authorization response for this client. Also true if it did until a call
    /// of [`handle_callback`](Self::handle_callback) removed the response, and that call is still running.
    pub fn is_callback(&self, url: Option<&str>) -> bool {
        callback::is_callback(&self.connection, url)
    }

    /// Parses and validates the authorization response in `url` (default: the page's), then redeems the code, or hands it to
    /// the backend. Further calls for the same URL get the outcome of the first.
    ///
    /// # Errors
    /// All of the groups "authorization response", "server" and "environment".
    pub fn handle_callback(&self, url: Option<&str>) -> impl Future<Output = Result<Rc<LoginResult>, Error>> {
        callback::handle_callback(&self.connection, url)
    }

    /// Begins a login in another window: a popup that a click opens. The page stays. The window comes back to the redirect URI,
    /// whose page calls [`handle_callback`](Self::handle_callback) as ever: it hands the response to this page, and closes. This
    /// works even if `Cross-Origin-Opener-Policy` separates the two windows. [`answer_elsewhere`](Self::answer_elsewhere) waits
    /// for the response.
    ///
    /// # Errors
    /// Those of [`pushed`](Self::pushed); `unsupported_environment` if the login is at the backend
    /// ([`BackendConfiguration::login_url`]), which sends no response to a page.
    #[cfg(feature = "popup")]
    pub fn begin_elsewhere(&self, options: &LoginOptions) -> impl Future<Output = Result<LoginElsewhere, Error>> {
        popup::begin(&self.connection, options)
    }

    /// The same in a hidden frame, without any page for the user: `prompt=none` (OpenID Connect Core §3.1.2.1). It is bounded by
    /// twice `requestTimeout`. Only a server of the same site gets its cookies in a frame.
    ///
    /// # Errors
    /// The same; `invalid_option` for a `prompt`.
    #[cfg(feature = "popup")]
    pub fn begin_silently(&self, options: &LoginOptions) -> impl Future<Output = Result<LoginElsewhere, Error>> {
        popup::begin_silently(&self.connection, options)
    }

    /// Waits for the response to the login that [`begin_elsewhere`](Self::begin_elsewhere) or
    /// [`begin_silently`](Self::begin_silently) began, and handles it as [`handle_callback`](Self::handle_callback) does.
    ///
    /// # Errors
    /// Those of [`handle_callback`](Self::handle_callback); `transaction_expired` if no response came in time, for a silent login
    /// `unsupported_environment`; `aborted` after [`stop_waiting`](Self::stop_waiting).
    #[cfg(feature = "popup")]
    pub fn answer_elsewhere(&self, state: &str) -> impl Future<Output = Result<Rc<LoginResult>, Error>> {
        popup::answer(&self.connection, state)
    }

    /// Ends the wait for the response to the login with this `state`: nobody can complete the login any more. Returns false, and
    /// does nothing, if the response is there already.
    #[cfg(feature = "popup")]
    pub fn stop_waiting(&self, state: &str) -> bool {
        popup::stop(&self.connection, state)
    }

    /// The number of the callback whose outcome [`handle_callback`](Self::handle_callback) would return for `url` (default:
    /// the page's). `None` if no call has handled it before.
    pub fn known_callback(&self, url: Option<&str>) -> Option<u32> {
        callback::known_callback(&self.connection, url)
    }

    /// A snapshot of the session; the same one until something changes.
    pub fn session(&self) -> Rc<Session> {
        self.connection.session.snapshot()
    }

    /// Calls `listener` after every change of the session, until the [`Subscription`] is dropped. `listener` may call every
    /// method of the client.
    pub fn subscribe(&self, listener: impl Fn(&Rc<Session>) + 'static) -> Subscription {
        Subscription::new(&self.connection.session, listener)
    }

    /// A valid access token. It is renewed first if it is about to expire and the server gave a refresh token. If the server
    /// did not send `expires_in`, the token is assumed to be valid. With a resource in the options, it is that API's own token from
    /// the same login (RFC 8707).
    ///
    /// # Errors
    /// `no_session`, `session_ended`, `token_request_failed`, `token_response_malformed`, `id_token_invalid`,
    /// `invalid_metadata`, `network_failed`, `timed_out`; `aborted` if a login or a logout overtook the call.
    #[cfg(feature = "tokens")]
    pub fn access_token(&self, options: &AccessTokenOptions) -> impl Future<Output = Result<Secret, Error>> {
        access::access_token_by(&self.connection, options)
    }

    /// A valid access token for a request to `url`, as [`access_token`](Self::access_token) returns it.
    ///
    /// # Errors
    /// `origin_not_allowed` if `allowedOrigins` does not name the URL's origin; those of
    /// [`access_token`](Self::access_token); `aborted` if another login came while the token was renewed.
    #[cfg(feature = "tokens")]
    pub fn access_token_for(&self, url: &str) -> impl Future<Output = Result<Secret, Error>> {
        access::access_token_for(&self.connection, url)
    }

    /// The access token with which to repeat a request that an API has refused: the token to which the refused one was renewed,
    /// here or by another tab. If it was not renewed yet, the client renews it now. `None` if there is no such token, or if it
    /// would not help: no refresh token, another login meanwhile, another server's answer, or an API that demands another login
    /// ([`step_up`](Self::step_up)).
    ///
    /// # Errors
    /// `origin_not_allowed`; those of [`access_token`](Self::access_token).
    #[cfg(feature = "tokens")]
    pub fn access_token_after(&self, refusal: &Refusal<'_>) -> impl Future<Output = Result<Option<Secret>, Error>> {
        access::access_token_after(&self.connection, refusal)
    }

    /// What an API wants of the login before it accepts the login's token (RFC 9470 §3): an object with `acrValues` and `maxAge`,
    /// each if the API asks for it, as the options of a login have them. `answered_by` is the URL that the answer 401 came from,
    /// after redirects, and `www_authenticate` its `WWW-Authenticate` field. `None` if the API asks for nothing of that kind, or
    /// if `allowedOrigins` does not name its origin.
    #[cfg(feature = "tokens")]
    pub fn step_up(&self, answered_by: &str, www_authenticate: &str) -> Option<Json> {
        access::step_up_of(&self.connection, answered_by, www_authenticate)
    }

    /// The claims of the UserInfo endpoint (OpenID Connect Core §5.3). They must be about the subject of the ID token.
    ///
    /// # Errors
    /// `userinfo_invalid`; `aborted` if a login or a logout overtook the call; `invalid_metadata` if the server has no such
    /// endpoint; those of [`access_token`](Self::access_token).
    #[cfg(feature = "tokens")]
    pub fn user_info(&self) -> impl Future<Output = Result<Json, Error>> {
        userinfo::user_info(&self.connection)
    }

    /// Ends the session in the page and at the backend. If the server has an end-session endpoint, the page then navigates to
    /// it (OpenID Connect RP-Initiated Logout 1.0); in that case this call returns only if the user comes back to the page.
    ///
    /// # Errors
    /// `invalid_option` before anything else. `network_failed`, `timed_out`, `backend_failed` for the backend, if there is no
    /// end-session endpoint to navigate to; the session has ended in the page nevertheless.
    pub fn logout(&self, options: &LogoutOptions) -> impl Future<Output = Result<(), Error>> {
        logout::logout(&self.connection, options)
    }

    /// Ends the session in the page and at the backend, and revokes its tokens if the server has a revocation endpoint (RFC
    /// 7009).
    ///
    /// # Errors
    /// `token_request_failed`, `network_failed`, `timed_out`, `backend_failed`; the session has ended in the page nevertheless.
    #[cfg(feature = "tokens")]
    pub fn revoke(&self) -> impl Future<Output = Result<(), Error>> {
        revocation::revoke(&self.connection)
    }

    /// The `state` of a logout at the server that this tab began, if this page is its return.
    #[cfg(feature = "end-session")]
    pub fn logout_state(&self) -> Option<&str> {
        self.logout_state.as_deref()
    }
}
