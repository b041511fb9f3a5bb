//! Ends a session that nobody uses. It ends as by [`Client::revoke`](crate::Client::revoke): in the page, in the tabs that share
//! it, at the backend, and at the server if that can revoke tokens. The page does not navigate.

use std::rc::Rc;

use crate::client::page::Connection;
use crate::client::revocation;
use crate::host::Host;

/// From now on, the user's activity in this page counts.
pub(crate) fn follow<P: Host>(connection: &Rc<Connection<P>>) {
    let has_limit = connection.configuration.idle_limit().is_some();
    if !has_limit || !connection.session.idle.begin_to_follow() {
        return;
    }
    let client = Rc::downgrade(connection);
    connection.host().on_activity(Box::new(move || {
        if let Some(connection) = client.upgrade() {
            note_activity(&connection);
        }
    }));
}

/// A login begins, or has succeeded: the user is there.
pub(crate) fn begin_anew<P: Host>(connection: &Connection<P>) {
    connection.session.idle.begin_anew(connection.host(), &connection.session.name);
}

fn note_activity<P: Host>(connection: &Rc<Connection<P>>) {
    let session = &connection.session;
    if !session.state.is_signed_in() || is_over(connection) {
        return;
    }
    let is_told = session.state.session().ending_at.is_some();
    session.idle.note(connection.host(), &connection.configuration, &session.name, is_told);
    if is_told {
        announce(connection);
    }
}

/// Looks at the clock: ends the session if nobody has used it for too long; notifies the listeners if its end has come near, or
/// is not near any more.
pub(crate) fn check<P: Host>(connection: &Rc<Connection<P>>) {
    let configuration = &connection.configuration;
    let is_configured = configuration.idle_limit().is_some() || configuration.end_warning().is_some();
    if is_configured && connection.session.state.is_signed_in() && !is_over(connection) {
        announce(connection);
    }
}

/// A refresh that is running may hold a lock, and notifies the listeners at its end.
fn announce<P: Host>(connection: &Connection<P>) {
    if !connection.session.attempts.is_any_under_way() {
        connection.announce();
    }
}

/// Ends the session if its time is over. Returns whether it is.
fn is_over<P: Host>(connection: &Rc<Connection<P>>) -> bool {
    let (host, session) = (connection.host(), &connection.session);
    let end = session.idle.end(host, &connection.configuration, &session.name);
    let is_over = end.is_some_and(|end| end <= host.wall_clock());
    if is_over && session.idle.run_out() {
        let task = connection.clone();
        host.spawn(Box::pin(async move {
            // The session has ended in the page, whatever backend and server say.
            let _ = revocation::revoke(&task).await;
            task.session.idle.forget(task.host(), &task.session.name);
        }));
    }
    is_over
}
