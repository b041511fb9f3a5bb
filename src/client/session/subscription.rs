//! [`Subscription`]: calls a listener of the app after each change, until it is dropped.

use core::fmt;
use std::rc::{Rc, Weak};

use super::current::CurrentSession;
use super::snapshot::Session;

/// A subscription to the changes of a session. It ends when this value is dropped.
#[must_use = "the subscription ends when this is dropped; forget() keeps it"]
pub struct Subscription {
    session: Weak<CurrentSession>,
    number: u32,
}

impl Subscription {
    pub(crate) fn new(session: &Rc<CurrentSession>, listener: impl Fn(&Rc<Session>) + 'static) -> Self {
        Self { session: Rc::downgrade(session), number: session.listeners.add(Rc::new(listener)) }
    }

    /// Lets the subscription last as long as the page.
    pub fn forget(self) {
        core::mem::forget(self);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(session) = self.session.upgrade() {
            session.listeners.remove(self.number);
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Subscription")
    }
}
