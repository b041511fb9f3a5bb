//! Handles the authorization response: in the order of `protocol/callback.rs`, and once for each URL.

use std::rc::Rc;

use super::earlier::{is_ours, stray_error};
#[cfg(feature = "backend")]
use super::hand_off::hand_off;
#[cfg(feature = "popup")]
use super::hand_over;
#[cfg(feature = "tokens")]
use super::redeem::redeem;
use super::remembered::{LoginResult, Outcome};
use super::response::{cleaned, is_response};
#[cfg(feature = "restart")]
use super::restart::{forget_restart, restart};
use super::transactions;
use crate::client::discovery;
use crate::client::page::Connection;
#[cfg(all(feature = "backend", feature = "idle"))]
use crate::client::session::idle_limit;
use crate::client::session::signals::restore;
use crate::client::shared_future::Resolver;
use crate::host::Host;
use crate::protocol::authorization::Transaction;
#[cfg(feature = "backend")]
use crate::protocol::backend_login::{login_error, without_login_error};
use crate::protocol::callback::{AuthorizationResponse, without_unverified_error};
use crate::protocol::error::{Error, ErrorKind};
#[cfg(feature = "backend")]
use crate::protocol::return_to::local_path;
use crate::protocol::url::Url;

/// Whether `url` (default: the page's) carries a response for this client. Also true if it did until a call removed the
/// response, and that call is still running.
pub(crate) fn is_callback<P: Host>(connection: &Connection<P>, url: Option<&str>) -> bool {
    let Ok(url) = callback_url(connection, url) else { return false };
    is_response(&connection.configuration, &url)
        || connection.session.callbacks.is_under_way(&url)
        || stray_error(connection, &url).is_some()
}

/// The number of the callback for `url` (default: the page's), if it was begun before.
pub(crate) fn known_callback<P: Host>(connection: &Connection<P>, url: Option<&str>) -> Option<u32> {
    connection.session.callbacks.number(&callback_url(connection, url).ok()?)
}

/// Handles the response in `url` (default: the page's), once: further calls for the same URL get the outcome of the first.
///
/// # Errors
/// Those of [`Client::handle_callback`](crate::client::Client::handle_callback).
pub(crate) async fn handle_callback<P: Host>(connection: &Connection<P>, url: Option<&str>) -> Outcome {
    let url = callback_url(connection, url)?;
    let callbacks = &connection.session.callbacks;
    if let Some(known) = callbacks.outcome(&url) {
        return known.outcome().await;
    }
    // A router may have added to the page's fragment while the module was loading.
    let page_url = connection.page.url()?;
    let is_page = page_url.location() == url.location() && page_url.query() == url.query();
    let seen = if is_page { &page_url } else { &url };
    let stray = stray_error(connection, &url);
    let cleaned = if stray.is_some() { without_unverified_error(seen) } else { cleaned(&connection.configuration, seen) };
    let resolver = Resolver(callbacks.begin(&url, &cleaned));
    let is_ours = stray.is_some() || is_response(&connection.configuration, &url);
    // Before any request goes out, even if the response is refused: the address bar would leak the code.
    if is_page && cleaned != page_url.href() && is_ours {
        connection.host().replace_page_url(&cleaned);
    }
    let mut return_to = None;
    let outcome = match stray {
        Some(error) => Err(error),
        #[cfg(feature = "popup")]
        None if hand_over::is_for_another_page(connection, &url) => hand_over::hand_over(connection, &url).await,
        None => complete(connection, &url, &mut return_to).await,
    };
    let outcome = outcome.map(Rc::new).map_err(|error| match return_to {
        Some(return_to) => error.with_return_to(&return_to),
        None => error,
    });
    if outcome.as_ref().is_err_and(|error| !error.has_asked_backend()) {
        let _ = restore(connection).await;
    }
    resolver.0.resolve(outcome.clone());
    outcome
}

fn callback_url<P: Host>(connection: &Connection<P>, url: Option<&str>) -> Result<Url, Error> {
    let page_url = connection.page.url()?;
    match url {
        #[cfg(feature = "environment")]
        Some(url) if connection.configuration.is_elsewhere() => {
            Url::parse_redirect_uri(url).ok_or(Error::malformed_callback("it is not an absolute URL"))
        }
        Some(url) => page_url.join(url).ok_or(Error::malformed_callback("it is not an http or https URL")),
        None => Ok(page_url),
    }
}

/// Completes the login to which the response in `url` belongs. `wanted` receives the `returnTo` of this login, once it is
/// known.
async fn complete<P: Host>(connection: &Connection<P>, url: &Url, wanted: &mut Option<String>) -> Result<LoginResult, Error> {
    #[cfg(feature = "backend")]
    if connection.configuration.backend_url("loginUrl").is_some() {
        *wanted = Some(local_path(without_login_error(url)));
        return Err(login_error(url).unwrap_or(Error::malformed_callback("it has no wicketgate_error")));
    }
    let response = AuthorizationResponse::from_callback_url(url)?;
    let Some(transaction) = transactions::find(connection.host(), response.state())? else {
        #[cfg(feature = "restart")]
        match restart(connection).await? {}
        #[cfg(not(feature = "restart"))]
        return Err(ErrorKind::TransactionNotFound.into());
    };
    discovery::find(connection, true).await?;
    let return_to = String::from(transaction.return_to());
    // A user of the app, or a client of the page, must not learn where another one wanted to go.
    if is_ours(connection, &transaction) {
        *wanted = Some(return_to.clone());
    }
    take(connection, &response, &transaction)?;
    if transaction.is_used() {
        // A reload or the back button brings the response again. If its session still exists, the user continues with it.
        restore(connection).await?;
        let session = &connection.session;
        return if session.state.is_signed_in() {
            Ok(LoginResult { return_to, app_state: None, session: session.snapshot(), backend: None })
        } else {
            Err(ErrorKind::TransactionUsed.into())
        };
    }
    let state = String::from(response.state());
    let exchange = response.complete(transaction, connection.server.metadata())?;
    #[cfg(feature = "restart")]
    forget_restart(connection.host());
    #[cfg_attr(not(feature = "backend"), expect(unused_labels, reason = "nothing is handed off"))]
    let backend = 'redeemed: {
        #[cfg(feature = "backend")]
        if let Some(backend) = connection.configuration.backend() {
            let handed_off = hand_off(connection, backend, &exchange).await?;
            #[cfg(feature = "idle")]
            idle_limit::login_succeeds(connection, &state);
            break 'redeemed handed_off;
        }
        #[cfg(feature = "tokens")]
        redeem(connection, &exchange).await?;
        None
    };
    transactions::mark_success(connection.host(), &state);
    connection.announce();
    let session = &connection.session;
    let result = LoginResult { return_to, app_state: exchange.app_state().cloned(), session: session.snapshot(), backend };
    #[cfg(feature = "tokens")]
    session.store.mark(connection.host()).await;
    Ok(result)
}

/// Checks that `response` may complete `transaction`, and replaces the transaction by a tombstone: one attempt for each code,
/// whatever happens. A transaction of another user or another client stays for its owner.
fn take<P: Host>(connection: &Connection<P>, response: &AuthorizationResponse, transaction: &Transaction) -> Result<(), Error> {
    let (host, configuration) = (connection.host(), &connection.configuration);
    let now = host.wall_clock();
    let checked = response.check_transaction(
        transaction,
        connection.server.metadata(),
        configuration.client_id(),
        now,
        // A used response is reported as used, however old it is.
        if transaction.is_used() { u64::MAX } else { configuration.transaction_lifetime() },
        configuration.text("sessionBinding"),
    );
    // An expired transaction is replaced, too.
    if checked.as_ref().err().map(Error::kind).is_none_or(|kind| *kind == ErrorKind::TransactionExpired) {
        connection.page.transactions.leave_tombstone(host, transaction, now);
    }
    checked
}
