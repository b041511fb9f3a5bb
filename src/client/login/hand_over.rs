//! Hands a response to the page that waits for it: in a popup or a frame, which redeems nothing itself.
//!
//! The page in the window sees by the mark in the `state` ([`elsewhere`](crate::protocol::elsewhere)) that another page waits. The
//! channel between the two is named after the `state`: whoever does not know those 256 bits can neither listen nor send, so that
//! neither the opener relation nor any sender is trusted.

use super::remembered::LoginResult;
use crate::client::page::Connection;
use crate::host::Host;
use crate::protocol::callback::state_of_response;
use crate::protocol::elsewhere::is_marked;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::url::Url;

/// How long a window may take to close, in milliseconds.
const CLOSING: u64 = 2000;

/// Whether `url` is the response to a login for which another page waits.
pub(crate) fn is_for_another_page<P: Host>(connection: &Connection<P>, url: &Url) -> bool {
    let is_awaited = |state: &str| connection.page.awaited.find(state, |_| ()).is_some();
    state_of_response(url).is_some_and(|state| is_marked(&state) && !is_awaited(&state))
}

/// Hands the response in `url` to the page that waits for it, and closes this window. Returns only with an error.
///
/// # Errors
/// `transaction_not_found` if no page waits for it; `navigation_cancelled` if the window stays.
pub(crate) async fn hand_over<P: Host>(connection: &Connection<P>, url: &Url) -> Result<LoginResult, Error> {
    let host = connection.host();
    let state = state_of_response(url).unwrap_or_default();
    if !host.hand_over(&channel(&state), url.href(), connection.configuration.request_timeout()).await {
        return Err(ErrorKind::TransactionNotFound.into());
    }
    host.close();
    host.sleep(CLOSING).await;
    Err(ErrorKind::WindowNotClosed.into())
}

/// The name of the channel on which the response with this `state` is handed over.
pub(crate) fn channel(state: &str) -> String {
    let mut name = String::from("wicketgate.");
    name.push_str(state);
    name
}
