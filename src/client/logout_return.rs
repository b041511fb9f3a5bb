//! The return of a logout at the server: the tab remembers the `state` that it sent, and the page that gets it back removes it
//! from its URL.

use core::cell::RefCell;

use crate::host::{Host, Store};
use crate::protocol::callback::{is_at, parameter, without_parameters};
use crate::protocol::json::Json;
use crate::protocol::secret::{Secret, is_equal};
use crate::protocol::url::Url;

/// The key of the logout at the server from which this tab waits to return: its `state`, and the URL of the return.
const PENDING: &str = "wicketgate.logout";

/// How long a user may take to come back from a logout, in milliseconds.
const LONGEST_LOGOUT: u64 = 3_600_000;

/// Remembers the `state` of a logout in the tab: the app's own, or a random one. `None` if there is no randomness: the logout
/// continues, and the page will not recognize the return.
pub(crate) fn remember<P: Host>(host: &P, state: Option<&str>, return_to: &str) -> Option<String> {
    let state = match state {
        Some(state) => String::from(state),
        None => {
            let mut entropy = [0; 32];
            host.entropy(&mut entropy).ok()?;
            Secret::from_entropy(&entropy).into_exposed()
        }
    };
    let mut pending = Json::empty();
    pending.set_text("state", Some(&state));
    pending.set_text("return_to", Some(return_to));
    pending.set("at", Json::from(host.wall_clock()));
    let _ = host.store(Store::Tab, PENDING, &pending.to_text());
    Some(state)
}

/// The page's knowledge of the logout from which it is the return.
#[derive(Default)]
pub(crate) struct LogoutReturn(RefCell<Option<String>>);

impl LogoutReturn {
    /// The `state` of the logout, if this page is its return. It is removed from the page's URL, and remembered for every
    /// client of the page. A `state` that this tab did not send stays in the URL.
    pub(crate) fn state<P: Host>(&self, host: &P) -> Option<String> {
        let mut known = self.0.borrow_mut();
        if known.is_none() {
            *known = take_state(host);
        }
        known.clone()
    }
}

fn take_state<P: Host>(host: &P) -> Option<String> {
    let url = Url::from_serialized(host.page_url())?;
    let pending = Json::parse(host.stored(Store::Tab, PENDING).ok()??.as_bytes())?;
    let state = parameter(&url, "state").filter(|state| !state.is_empty())?;
    let age = host.wall_clock().saturating_sub(pending.integer("at")?);
    let is_ours = is_at(url.location(), Some(pending.text("return_to")?))
        && is_equal(pending.text("state")?, &state)
        && age <= LONGEST_LOGOUT;
    is_ours.then(|| {
        host.forget(Store::Tab, PENDING);
        host.replace_page_url(&without_parameters(&url, &["state"]));
        state
    })
}
