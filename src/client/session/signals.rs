//! When the session is checked again: before the client assumes that nobody is signed in, and when the host signals that
//! something may have changed.

use std::rc::Rc;

#[cfg(feature = "backend")]
use super::snapshot::EndedBy;
#[cfg(feature = "tokens")]
use super::target::OWN;
#[cfg(feature = "tokens")]
use super::{refresh, tabs};
#[cfg(feature = "backend")]
use crate::client::backend;
use crate::client::page::Connection;
use crate::host::{Host, Signal};
use crate::protocol::error::Error;

/// The longest pause between two questions to a backend that cannot be reached, in milliseconds.
#[cfg(feature = "backend")]
const LONGEST_PAUSE: u64 = 60_000;

/// If no user is signed in here, restores the session of the store or of the backend.
///
/// # Errors
/// `network_failed`, `timed_out`, `backend_failed` of the backend.
pub(crate) async fn restore<P: Host>(connection: &Connection<P>) -> Result<(), Error> {
    if connection.session.state.is_signed_in() {
        return Ok(());
    }
    #[cfg(feature = "tokens")]
    if connection.session.store.has_changed_elsewhere(connection.host()) {
        tabs::reload(connection, false).await;
        connection.announce();
    }
    #[cfg(feature = "backend")]
    backend::ask_session(connection, EndedBy::Server).await?;
    Ok(())
}

/// Restores the session of a page that has just been loaded. If the backend cannot be reached, the client asks again until it
/// answers.
///
/// # Errors
/// `backend_failed`.
pub(crate) async fn restore_at_first<P: Host>(connection: &Rc<Connection<P>>) -> Result<(), Error> {
    let restored = restore(connection).await;
    #[cfg(feature = "backend")]
    if restored.as_ref().is_err_and(Error::is_outage) {
        let (page, client) = (connection.page.clone(), Rc::downgrade(connection));
        connection.host().spawn(Box::pin(async move {
            let mut pause = 1000;
            loop {
                page.host().sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                let Some(connection) = client.upgrade() else { break };
                if !restore(&connection).await.is_err_and(|error| error.is_outage()) {
                    break;
                }
            }
        }));
        return Ok(());
    }
    restored
}

/// Checks the session again, if `signal` is a reason to.
pub(crate) fn on_signal<P: Host>(connection: &Rc<Connection<P>>, signal: Signal<'_>) {
    #[cfg(feature = "idle")]
    super::idle_limit::check(connection);
    let session = &connection.session;
    let is_reason = match signal {
        Signal::Told(name) => name == session.name.as_str(),
        Signal::Awake if session.state.is_stale() || session.state.is_due(connection.now()) => true,
        #[cfg(feature = "tokens")]
        Signal::Awake => session.store.has_changed_elsewhere(connection.host()),
        #[cfg(not(feature = "tokens"))]
        Signal::Awake => false,
        Signal::Returned => true,
    };
    if is_reason {
        let task = connection.clone();
        #[cfg(feature = "tokens")]
        let has_returned = signal == Signal::Returned;
        #[cfg(feature = "backend")]
        let by = if matches!(signal, Signal::Told(_)) { EndedBy::AnotherTab } else { EndedBy::Server };
        connection.host().spawn(Box::pin(async move {
            #[cfg(feature = "backend")]
            if task.configuration.backend().is_some() {
                backend::ask_again(&task, by).await;
                #[cfg(feature = "tokens")]
                return;
            }
            #[cfg(feature = "tokens")]
            look_at_store(&task, has_returned).await;
        }));
    }
}

/// Continues with the entry in the store. Renews stale tokens, and asks the server once more about tokens that it has refused
/// to renew. Tokens without a refresh token expire.
#[cfg(feature = "tokens")]
async fn look_at_store<P: Host>(connection: &Rc<Connection<P>>, has_returned: bool) {
    tabs::reload(connection, has_returned).await;
    let state = &connection.session.state;
    state.expire(connection.now());
    connection.announce();
    if state.is_stale() || state.is_due(connection.now()) {
        let _ = refresh::refresh(connection, &OWN, false).await;
    }
}
