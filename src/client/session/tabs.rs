//! How the tabs that share a session notify each other: through the store, and by messages that make them read it.

use std::rc::Rc;

use super::snapshot::EndedBy;
use super::tokens::Tokens;
use crate::client::page::Connection;
use crate::host::Host;
use crate::protocol::json::SecretObject;

/// How often a page reads a store again that changes during the read.
const ROUNDS: u32 = 5;

/// Continues with the entry in the store: the session of another tab or of an earlier page, or none. If `force` is set, checks
/// whether the session was ended even if the store is unchanged.
pub(crate) async fn reload<P: Host>(connection: &Connection<P>, force: bool) {
    let (host, session) = (connection.host(), &connection.session);
    let store = &session.store;
    // While this page decrypts an entry, another tab may write the next one, or this page may continue with another session.
    for _ in 0..ROUNDS {
        if !force && !store.has_changed_elsewhere(host) {
            return;
        }
        let guard = session.state.timeline.of_session();
        let sealed = store.stored(host);
        let record = match &sealed {
            Some(sealed) => host.open(sealed.clone(), store.name()).await,
            None => Ok(None),
        };
        // If the entry cannot be decrypted now, it may be later.
        let Ok(record) = record else { return };
        let mut record = record.and_then(|record| SecretObject::parse(record.expose().as_bytes()));
        // Together with an old page, a browser may restore the former content of its tab's store.
        let has_ended = match record.as_ref().filter(|_| store.is_of_tab()).and_then(Tokens::login_in) {
            Some(login) => host.has_ended(login).await,
            None => false,
        };
        if guard.is_overtaken() || sealed != store.stored(host) {
            continue;
        }
        if has_ended {
            store.clear(host);
            record = None;
        } else if store.has_changed_elsewhere(host) {
            store.know(sealed);
        } else {
            return;
        }
        match record.and_then(|record| Tokens::from_record(record, connection.now())) {
            Some(tokens) => session.state.begin(tokens),
            None if !session.state.is_signed_out() => {
                // In the tab's own store, another page of this tab has ended the session.
                drop(session.end(if store.is_shared() { EndedBy::AnotherTab } else { EndedBy::Logout }));
            }
            None => {}
        }
        return;
    }
}

/// Ends the session in this page and in the store, and so for every tab that shares it. Returns its tokens.
pub(crate) fn end_in_all_tabs<P: Host>(connection: &Rc<Connection<P>>, by: EndedBy) -> Option<Tokens> {
    let tokens = connection.session.end(by);
    let store = &connection.session.store;
    store.clear(connection.host());
    if store.is_shared() {
        let task = connection.clone();
        connection.host().spawn(Box::pin(async move { task.session.store.mark(task.host()).await }));
    }
    store.tell_other_tabs(connection.host());
    tokens
}

/// Lets the session expire in this page, and removes it from the store: its tokens are unusable.
#[cfg(feature = "dpop")]
pub(crate) fn expire_in_all_tabs<P: Host>(connection: &Rc<Connection<P>>) {
    let session = connection.session.snapshot();
    drop(end_in_all_tabs(connection, EndedBy::Server));
    connection.session.state.expire_as(&session);
}

/// Records that the login of `tokens` has ended, if this tab had a session of its own: pages that the tab has left may still
/// hold the session. Call it before the page navigates.
pub(crate) async fn remember_end<P: Host>(connection: &Connection<P>, tokens: Option<&Tokens>) {
    let store = &connection.session.store;
    if let Some(login) = tokens.filter(|_| store.is_of_tab()).and_then(Tokens::login) {
        connection.host().end(login).await;
    }
}
