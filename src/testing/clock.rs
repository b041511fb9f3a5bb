//! [`Clock`]: the time in a simulated browser.

use core::cell::Cell;
use std::rc::Rc;

/// The wall clock of a browser. All clones share the time.
#[derive(Clone, Debug)]
pub struct Clock(Rc<Cell<u64>>);

impl Clock {
    /// Milliseconds since the Unix epoch.
    pub fn now(&self) -> u64 {
        self.0.get()
    }

    /// Sets the time of every clone.
    pub(super) fn set(&self, millis: u64) {
        self.0.set(millis);
    }
}

impl Default for Clock {
    /// A clock that starts in 2027.
    fn default() -> Self {
        Self(Rc::new(Cell::new(1_800_000_000_000)))
    }
}
