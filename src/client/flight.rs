//! [`Flight`]: one piece of work with many waiters. The first caller does it, the others get its outcome.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::{Poll, Waker};

/// Work under way, or its outcome.
pub(crate) struct Flight<T> {
    outcome: RefCell<Option<T>>,
    waiting: RefCell<Vec<Waker>>,
}

impl<T: Clone> Flight<T> {
    pub(crate) fn new() -> Self {
        Self { outcome: RefCell::new(None), waiting: RefCell::default() }
    }

    /// Sets the outcome, once: a later one is dropped.
    pub(crate) fn land(&self, outcome: T) {
        self.outcome.borrow_mut().get_or_insert(outcome);
        // Taken out first: a waiter may run at once, and come back here.
        let waiting = self.waiting.take();
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn has_landed(&self) -> bool {
        self.outcome.borrow().is_some()
    }

    /// Waits for the outcome.
    pub(crate) async fn landed(&self) -> T {
        poll_fn(|context| match &*self.outcome.borrow() {
            Some(outcome) => Poll::Ready(outcome.clone()),
            None => {
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }
}
