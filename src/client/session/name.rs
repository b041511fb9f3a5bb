//! [`SessionName`]: the name of a session outside of the page.

use core::cell::OnceCell;

use crate::protocol::pkce::digest;

const PREFIX: &str = "wicketgate.session.";

/// The identity by which the sessions of different servers, clients and users differ, and the name that is made of it when it
/// is first needed.
pub(crate) struct SessionName {
    identity: String,
    name: OnceCell<String>,
}

impl SessionName {
    /// The name of the session with this `identity`.
    pub(crate) fn new(identity: String) -> Self {
        Self { identity, name: OnceCell::default() }
    }

    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    /// The name of the session in a store, of its lock, and in messages to other tabs.
    pub(crate) fn as_str(&self) -> &str {
        self.name.get_or_init(|| String::from(PREFIX) + &digest(&self.identity))
    }
}
