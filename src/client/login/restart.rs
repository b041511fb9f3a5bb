//! A response that belongs to no login of this tab, for example from a bookmark or another tab: the client refuses it, or
//! begins a new login.

use core::convert::Infallible;

use super::begin::begin_login;
use crate::client::options::LoginOptions;
use crate::client::page::Connection;
use crate::client::session::signals::restore;
use crate::host::{Host, Store};
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::{Json, decimal};

/// When this tab last began a new login because of an unknown response. It stays in the tab's store, so that it outlives the
/// page and breaks a loop.
const RESTARTED: &str = "wicketgate.restarted";

/// Begins a new login, once, if the configuration says so.
///
/// # Errors
/// `transaction_not_found`, `redirect_loop`; those of the backend, if the session is restored from there; those of beginning a
/// login.
pub(crate) async fn restart<P: Host>(connection: &Connection<P>) -> Result<Infallible, Error> {
    check_may_restart(connection).await?;
    // This tab does not know the place that the user wanted.
    begin_login(connection, &LoginOptions::new().return_to("/")).await
}

async fn check_may_restart<P: Host>(connection: &Connection<P>) -> Result<(), Error> {
    if connection.configuration.text("onUnknownTransaction") != Some("restart") {
        return Err(ErrorKind::TransactionNotFound.into());
    }
    // Any page may open such a link, and the login would leave the app's own page.
    #[cfg(feature = "environment")]
    if connection.configuration.is_elsewhere() {
        return Err(ErrorKind::TransactionNotFound.into());
    }
    // A link that contains an unknown response must not send a signed-in user away.
    restore(connection).await?;
    if connection.session.state.is_signed_in() {
        return Err(ErrorKind::TransactionNotFound.into());
    }
    let host = connection.host();
    let now = host.wall_clock();
    let restarted = host.stored(Store::Tab, RESTARTED)?.as_deref().and_then(decimal);
    if restarted.is_some_and(|at| now.saturating_sub(at) <= connection.configuration.transaction_lifetime()) {
        forget_restart(host);
        return Err(ErrorKind::RedirectLoop.into());
    }
    host.store(Store::Tab, RESTARTED, &Json::from(now).to_text())
}

/// A login has come back: the next unknown response may begin another.
pub(crate) fn forget_restart<P: Host>(host: &P) {
    host.forget(Store::Tab, RESTARTED);
}
