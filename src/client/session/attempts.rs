//! [`Attempts`]: the refresh that is running, and the time when the next one may begin.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use super::begun::{Begun, Refresh};
use super::moment::Moment;
use super::target::Target;
use crate::protocol::error::Error;

/// The longest time, in milliseconds, for which a server can make a page wait before it asks again, because a user waits too.
const LONGEST_PAUSE: u64 = 300_000;

/// The attempts to refresh one session.
#[derive(Default)]
pub(crate) struct Attempts {
    begun: Begun,
    /// The time, on the monotonic clock, until which the server has asked clients to wait, and the error of that answer.
    pause: RefCell<Option<(u64, Error)>>,
    is_retrying: Cell<bool>,
}

impl Attempts {
    /// The refresh of the token of `target` that is running.
    pub(crate) fn under_way(&self, target: &Target) -> Option<Rc<Refresh>> {
        self.begun.running(target)
    }

    /// Whether any refresh is running.
    #[cfg(feature = "idle")]
    pub(crate) fn is_any_under_way(&self) -> bool {
        self.begun.is_any_running()
    }

    /// The refreshes that began before this one.
    #[cfg(feature = "resources")]
    pub(crate) fn before(&self, refresh: &Rc<Refresh>) -> Vec<Rc<Refresh>> {
        self.begun.before(refresh)
    }

    /// Begins a refresh.
    pub(crate) fn begin(&self, target: &Target) -> Rc<Refresh> {
        let refresh = Rc::new(Refresh::new());
        self.begun.set(target, refresh.clone());
        refresh
    }

    /// Whether `refresh` is the present one: neither a login nor a logout came since it began. A session that the page
    /// meanwhile reads from the store does not count.
    pub(crate) fn is_present(&self, refresh: &Rc<Refresh>) -> bool {
        self.begun.has(refresh)
    }

    /// The running refresh belongs to a session that has ended.
    pub(crate) fn forget(&self) {
        self.begun.clear();
    }

    /// A login succeeded: all attempts belong to a session before it.
    pub(crate) fn reset(&self) {
        self.forget();
        self.pause.take();
    }

    /// Prevents refreshes for `millis` milliseconds, but at most [`LONGEST_PAUSE`]. Until then, each of them fails with
    /// `error`.
    pub(crate) fn pause(&self, now: Moment, millis: u64, error: &Error) {
        self.pause.replace(Some((now.monotonic.saturating_add(millis.min(LONGEST_PAUSE)), error.clone())));
    }

    /// The rest of the pause, in milliseconds.
    pub(crate) fn pause_left(&self, now: Moment) -> u64 {
        self.pause.borrow().as_ref().map_or(0, |(until, _)| until.saturating_sub(now.monotonic))
    }

    /// # Errors
    /// The error of the answer that asked the page to wait, until the pause is over.
    pub(crate) fn check_pause(&self, now: Moment) -> Result<(), Error> {
        match &*self.pause.borrow() {
            Some((until, error)) if *until > now.monotonic => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Begins to retry in the background. Returns false if that has begun already.
    pub(crate) fn begin_retrying(&self) -> bool {
        !self.is_retrying.replace(true)
    }

    pub(crate) fn end_retrying(&self) {
        self.is_retrying.set(false);
    }
}
