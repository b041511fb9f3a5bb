//! [`Awaited`]: the logins in other windows or frames whose responses this page waits for.

use core::cell::RefCell;

/// What has become of a wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Waiting,
    Stopped,
    /// The response is there, and is being handled.
    Answered,
}

/// A login whose response this page waits for.
pub(crate) struct Wait {
    state: String,
    /// On the monotonic clock.
    pub(crate) begun_at: u64,
    pub(crate) is_silent: bool,
    pub(crate) progress: Progress,
}

/// The logins whose responses this page waits for.
#[derive(Default)]
pub(crate) struct Awaited(RefCell<Vec<Wait>>);

impl Awaited {
    /// From now on, the page waits for the response with this `state`.
    pub(crate) fn begin(&self, state: &str, now: u64) {
        let wait = Wait { state: state.into(), begun_at: now, is_silent: false, progress: Progress::Waiting };
        self.0.borrow_mut().push(wait);
    }

    /// The login that began last.
    pub(crate) fn newest(&self, is_silent: bool) -> Option<String> {
        let mut all = self.0.borrow_mut();
        let newest = all.last_mut()?;
        newest.is_silent = is_silent;
        Some(newest.state.clone())
    }

    pub(crate) fn find<T>(&self, state: &str, read: impl FnOnce(&mut Wait) -> T) -> Option<T> {
        self.0.borrow_mut().iter_mut().find(|wait| wait.state == state).map(read)
    }

    pub(crate) fn remove(&self, state: &str) {
        self.0.borrow_mut().retain(|wait| wait.state != state);
    }
}
