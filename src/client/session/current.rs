//! [`CurrentSession`]: the session of a page, which all of its clients with the same
//! [`identity`](crate::client::configuration::Settings::identity) share. It joins the rooms of a session, and handles the
//! events that concern several of them.

use core::cell::Cell;
use std::rc::Rc;

#[cfg(feature = "tokens")]
use super::attempts::Attempts;
#[cfg(feature = "idle")]
use super::idle::Idle;
use super::listeners::Listeners;
use super::name::SessionName;
use super::snapshot::{EndedBy, Session};
use super::state::State;
#[cfg(feature = "tokens")]
use super::store::StoredSession;
use super::tokens::Tokens;
use crate::client::configuration::Settings;
use crate::client::login::remembered::Callbacks;
use crate::host::Host;
use crate::protocol::error::Error;

/// The session of a page.
pub(crate) struct CurrentSession {
    pub(crate) name: Rc<SessionName>,
    pub(crate) state: State,
    #[cfg(feature = "tokens")]
    pub(crate) store: StoredSession,
    #[cfg(feature = "tokens")]
    pub(crate) attempts: Attempts,
    #[cfg(feature = "idle")]
    pub(crate) idle: Idle,
    #[cfg(all(feature = "dpop", feature = "tokens"))]
    pub(crate) key: super::key::SessionKey,
    pub(crate) listeners: Listeners,
    /// The time for which the last alarm was set.
    pub(crate) alarm: Cell<Option<u64>>,
    pub(crate) callbacks: Callbacks,
}

impl CurrentSession {
    /// A session named `name`. No user is signed in until the page has read the store or asked the backend.
    ///
    /// # Errors
    /// `unsupported_environment` if the session cannot be kept where the configuration says.
    #[cfg_attr(not(feature = "tokens"), expect(unused_variables, reason = "there is nothing to keep"))]
    pub(crate) fn new<H: Host>(name: SessionName, configuration: &Settings, host: &H) -> Result<Self, Error> {
        let (name, state) = (Rc::new(name), State::new());
        Ok(Self {
            listeners: Listeners::new(state.session()),
            state,
            #[cfg(feature = "tokens")]
            store: StoredSession::new(name.clone(), configuration, host.can_seal())?,
            #[cfg(feature = "tokens")]
            attempts: Attempts::default(),
            #[cfg(feature = "idle")]
            idle: Idle::default(),
            #[cfg(all(feature = "dpop", feature = "tokens"))]
            key: Default::default(),
            alarm: Cell::default(),
            callbacks: Callbacks::default(),
            name,
        })
    }

    /// A snapshot; the same one until something changes.
    pub(crate) fn snapshot(&self) -> Rc<Session> {
        self.state.session()
    }

    /// A login succeeded.
    #[cfg(feature = "tokens")]
    pub(crate) fn sign_in(&self, tokens: Tokens) {
        self.attempts.reset();
        self.state.begin(tokens);
    }

    /// Ends the session in this page, and returns its tokens. A login that is running belongs to another session, and
    /// continues.
    pub(crate) fn end(&self, by: EndedBy) -> Option<Tokens> {
        #[cfg(feature = "tokens")]
        self.attempts.forget();
        self.callbacks.forget_outcomes();
        self.state.end(by)
    }
}
