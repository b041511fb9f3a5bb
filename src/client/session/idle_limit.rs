//! Ends a session that nobody uses. It ends as by [`Client::revoke`](crate::Client::revoke): in the page, in the tabs that share
//! it, at the backend, and at the server if that can revoke tokens. The page does not navigate, and the user stays logged in at
//! the server: so the next login asks again who is there.

use std::rc::Rc;

use super::idle;
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

/// A login begins: the user is there.
pub(crate) fn login_begins<P: Host>(connection: &Connection<P>) {
    // If the backend does the login, nobody tells this page that it has succeeded.
    let is_at_backend = connection.configuration.backend_url("loginUrl").is_some();
    connection.session.idle.begin_anew(connection.host(), &connection.session.name, is_at_backend);
}

/// The login with this `state` succeeds: the user is there, unless the login is silent.
pub(crate) fn login_succeeds<P: Host>(connection: &Connection<P>, state: &str) {
    #[cfg(feature = "popup")]
    if connection.page.awaited.find(state, |wait| wait.is_silent) == Some(true) {
        return;
    }
    #[cfg(not(feature = "popup"))]
    let _ = state;
    connection.session.idle.begin_anew(connection.host(), &connection.session.name, true);
}

/// The `prompt` of a login that names none: after a session that nobody used, the server asks again who is there.
pub(crate) fn default_prompt<P: Host>(connection: &Connection<P>) -> Option<&'static str> {
    idle::asks_anew(connection.host(), &connection.session.name).then_some("login")
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
        // Before anything waits: the page may be closed meanwhile. And after it: the end of the session is no use.
        session.idle.remember_end(host, &session.name);
        let task = connection.clone();
        host.spawn(Box::pin(async move {
            // The session has ended in the page, whatever backend and server say.
            let _ = revocation::revoke(&task).await;
            task.session.idle.remember_end(task.host(), &task.session.name);
        }));
    }
    is_over
}
