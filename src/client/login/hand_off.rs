//! Hands a code to the page's own backend, which redeems it and keeps the tokens.

use crate::client::backend;
use crate::client::page::Connection;
use crate::client::session::snapshot::{Session, Status};
use crate::host::Host;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::Json;
use crate::protocol::token::CodeExchange;

/// Hands the code to `backend`, signs the user in with its answer, and returns the answer. A logout or a later login that is
/// decided first overtakes this.
///
/// # Errors
/// `backend_failed`, `network_failed`, `timed_out`, `aborted`.
pub(crate) async fn hand_off<P: Host>(
    connection: &Connection<P>,
    backend: &Json,
    exchange: &CodeExchange,
) -> Result<Option<Json>, Error> {
    let guard = connection.session.state.timeline.decision();
    let response = connection.send(backend::exchange_request(backend, exchange)).await;
    let session = &connection.session;
    if guard.is_overtaken() {
        // A logout came first, and no other login is running: the backend may have begun its session once more.
        if !session.state.timeline.is_undecided() && !session.state.is_signed_in() {
            let _ = backend::end_session(connection, backend).await;
        }
        return Err(ErrorKind::Aborted.into());
    }
    let response = response?;
    let answer = backend::answer(&response)?;
    let known = answer.as_ref().map_or_else(Session::signed_in, |answer| backend::session_in(connection, answer));
    if known.status == Status::SignedOut {
        return Err(ErrorKind::BackendFailed { status: response.status, oauth: None }.into());
    }
    guard.decide();
    session.state.begin_at_backend(known, connection.now());
    connection.host().tell(session.name.as_str());
    Ok(answer)
}
