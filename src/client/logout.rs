//! Ends the session: in the page, in the tabs that share it, and at the backend. If the backend says where the logout goes on,
//! or the server has an end-session endpoint (`end_session.rs`), the page then navigates there; a revocation also invalidates the
//! tokens (`revocation.rs`).

use std::rc::Rc;

#[cfg(feature = "backend")]
use super::backend;
#[cfg(feature = "end-session")]
use super::discovery;
#[cfg(feature = "end-session")]
use super::end_session;
use super::options::LogoutOptions;
use super::page::Connection;
use super::session::snapshot::EndedBy;
#[cfg(feature = "tokens")]
use super::session::tabs;
use super::session::tokens::Tokens;
use crate::host::Host;
use crate::protocol::error::Error;

/// Ends the session everywhere.
///
/// # Errors
/// Those of [`Client::logout`](super::Client::logout).
pub(crate) async fn logout<P: Host>(connection: &Rc<Connection<P>>, options: &LogoutOptions) -> Result<(), Error> {
    options.check()?;
    #[cfg_attr(not(feature = "end-session"), expect(unused_variables, reason = "the hint for the server"))]
    let (tokens, at_backend) = leave(connection).await;
    if let Ok(Some(url)) = &at_backend
        && options.redirects()
    {
        connection.leave_for(url).await;
        return Ok(());
    }
    let at_backend = at_backend.map(drop);
    #[cfg(feature = "end-session")]
    if options.redirects()
        && let Err(error) = discovery::find(connection, true).await
    {
        return at_backend.and(Err(error));
    }
    #[cfg(feature = "end-session")]
    if let Some(url) = end_session::url(connection, options, tokens.as_ref()) {
        // If the page stays, or the user comes back with the back button, the session has ended in the page nevertheless.
        connection.leave_for(&url).await;
        return Ok(());
    }
    at_backend
}

/// Ends the session in the page, in the store, and then at the backend. Returns its tokens, and the outcome at the backend: the
/// URL at which the logout goes on, if it does.
pub(crate) async fn leave<P: Host>(connection: &Rc<Connection<P>>) -> (Option<Tokens>, Result<Option<String>, Error>) {
    let session = &connection.session;
    // This overtakes a login that is still running.
    session.state.timeline.decision().decide();
    #[cfg(feature = "tokens")]
    let tokens = tabs::end_in_all_tabs(connection, EndedBy::Logout);
    #[cfg(not(feature = "tokens"))]
    let tokens = session.end(EndedBy::Logout);
    connection.announce();
    #[cfg(feature = "tokens")]
    tabs::remember_end(connection, tokens.as_ref()).await;
    #[cfg(feature = "backend")]
    if let Some(backend) = connection.configuration.backend() {
        return (tokens, backend::log_out(connection, backend).await);
    }
    (tokens, Ok(None))
}
