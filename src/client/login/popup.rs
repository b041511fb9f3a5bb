//! A login in another window or frame: a popup, or a hidden frame. The page that begins it stays, and waits for the response.
//!
//! The window comes back to the redirect URI. The page there hands the URL over (`hand_over.rs`), and redeems nothing. The page
//! that waits believes nothing in the message: it is a URL, handled like every callback. The transaction lies where this page
//! redeems the code.

use core::fmt;
use std::rc::Rc;

use super::awaited::Progress;
use super::begin::{self, Way};
use super::callback::handle_callback;
use super::hand_over::channel;
use super::remembered::LoginResult;
use super::transactions;
use crate::client::options::LoginOptions;
use crate::client::page::Connection;
#[cfg(feature = "idle")]
use crate::client::session::idle_limit;
use crate::host::Host;
use crate::protocol::callback::state_of_response;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::url::Url;

/// A login that has begun, for another window or frame.
#[non_exhaustive]
pub struct LoginElsewhere {
    /// Names the login in [`Client::answer_elsewhere`](crate::Client::answer_elsewhere).
    pub state: String,
    /// The URL that the window or frame goes to.
    pub url: String,
}

/// Redacted: the URL contains `state` and `nonce`.
impl fmt::Debug for LoginElsewhere {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LoginElsewhere(…)")
    }
}

/// Begins a login whose response comes to another window.
///
/// # Errors
/// Those of [`Client::begin_elsewhere`](crate::Client::begin_elsewhere).
pub(crate) async fn begin<P: Host>(connection: &Connection<P>, options: &LoginOptions) -> Result<LoginElsewhere, Error> {
    begin_as(connection, options, false).await
}

/// Begins a login whose response comes to a hidden frame.
///
/// # Errors
/// Those of [`Client::begin_silently`](crate::Client::begin_silently).
pub(crate) async fn begin_silently<P: Host>(connection: &Connection<P>, options: &LoginOptions) -> Result<LoginElsewhere, Error> {
    if options.0.member("prompt").is_some() {
        return Err(Error::option("prompt", "is always none in a silent login"));
    }
    #[cfg(feature = "idle")]
    if idle_limit::default_prompt(connection).is_some() {
        return Err(ErrorKind::NoSession { reason: "the session before ended because nobody used it" }.into());
    }
    begin_as(connection, &options.clone().prompt("none"), true).await
}

async fn begin_as<P: Host>(connection: &Connection<P>, options: &LoginOptions, is_silent: bool) -> Result<LoginElsewhere, Error> {
    #[cfg(feature = "environment")]
    if connection.configuration.is_elsewhere() {
        return Err(Error::unsupported("a login in another window of an app that is not a web page"));
    }
    if connection.configuration.backend_url("loginUrl").is_some() {
        return Err(Error::unsupported("a login in another window through backend.loginUrl"));
    }
    let url = begin::pushed(connection, options, Way::Elsewhere).await?;
    let state = connection.page.awaited.newest(is_silent).unwrap_or_default();
    Ok(LoginElsewhere { state, url })
}

/// Waits for the response to the login with this `state`, and handles it.
///
/// # Errors
/// Those of [`Client::answer_elsewhere`](crate::Client::answer_elsewhere).
pub(crate) async fn answer<P: Host>(connection: &Connection<P>, state: &str) -> Result<Rc<LoginResult>, Error> {
    let outcome = match response(connection, state).await {
        Ok(url) => handle_callback(connection, Some(url.href())).await,
        Err(error) => Err(error),
    };
    connection.page.awaited.remove(state);
    // A response that was refused before it used the transaction up leaves nothing behind either: nobody waits any more.
    if transactions::find(connection.host(), state).is_ok_and(|left| left.is_some_and(|left| !left.is_used())) {
        transactions::forget(connection.host(), state);
    }
    outcome
}

/// The URL at which the response came.
async fn response<P: Host>(connection: &Connection<P>, state: &str) -> Result<Url, Error> {
    let (host, configuration, awaited) = (connection.host(), &connection.configuration, &connection.page.awaited);
    let known = awaited.find(state, |wait| (wait.begun_at, wait.is_silent));
    let (begun_at, is_silent) = known.ok_or(ErrorKind::TransactionNotFound)?;
    // A frame is a navigation, and has the time of one.
    let patience = if is_silent { 2 * configuration.request_timeout() } else { configuration.transaction_lifetime() };
    while awaited.find(state, |wait| wait.progress) == Some(Progress::Waiting) {
        let left = begun_at.saturating_add(patience).saturating_sub(host.monotonic_clock());
        let message = if left > 0 { host.receive(&channel(state), left).await } else { None };
        let is_waiting = awaited.find(state, |wait| wait.progress) == Some(Progress::Waiting);
        let Some(message) = message.filter(|_| is_waiting) else { break };
        // Anything else than a response to this login is not for this page.
        let url = Url::parse(&message).filter(|url| state_of_response(url).as_deref() == Some(state));
        if let Some(url) = url {
            awaited.find(state, |wait| wait.progress = Progress::Answered);
            return Ok(url);
        }
    }
    Err(match awaited.find(state, |wait| wait.progress) {
        _ if is_silent => ErrorKind::NoResponseFromFrame,
        Some(Progress::Waiting) => ErrorKind::TransactionExpired,
        _ => ErrorKind::Aborted,
    }
    .into())
}

/// Ends the wait for the response with this `state`. Returns false if the response is there already.
pub(crate) fn stop<P: Host>(connection: &Connection<P>, state: &str) -> bool {
    let awaited = &connection.page.awaited;
    let is_stopped = awaited.find(state, |wait| {
        let is_stopped = wait.progress == Progress::Waiting;
        if is_stopped {
            wait.progress = Progress::Stopped;
        }
        is_stopped
    });
    if is_stopped == Some(true) {
        transactions::forget(connection.host(), state);
        connection.host().stop_receiving(&channel(state));
    }
    is_stopped.unwrap_or_default()
}
