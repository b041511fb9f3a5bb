//! [`Flight`]: one piece of work with many waiters. The first caller does it, the others get its outcome.
//! [`both`]: two pieces of work with one waiter.

use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Poll, Waker};
use std::rc::Rc;

use crate::protocol::error::{Error, ErrorKind};

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

/// Lands the flight also where the work is dropped half-way: nobody waits for ever.
pub(crate) struct Pilot<T: Clone>(pub(crate) Rc<Flight<Result<T, Error>>>);

impl<T: Clone> Drop for Pilot<T> {
    fn drop(&mut self) {
        self.0.land(Err(ErrorKind::Aborted.into()));
    }
}

/// Does both at the same time, and waits for both.
pub(crate) async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        if first.is_none()
            && let Poll::Ready(output) = one.as_mut().poll(context)
        {
            first = Some(output);
        }
        if second.is_none()
            && let Poll::Ready(output) = other.as_mut().poll(context)
        {
            second = Some(output);
        }
        match (first.take(), second.take()) {
            (Some(output), Some(also)) => Poll::Ready((output, also)),
            (present, also) => {
                (first, second) = (present, also);
                Poll::Pending
            }
        }
    })
    .await
}
