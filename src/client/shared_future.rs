//! [`SharedFuture`]: one piece of work with many callers. The first caller does the work, and the others wait for its outcome.
//! [`both`]: two pieces of work with one caller.

use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Poll, Waker};
use std::rc::Rc;

use crate::protocol::error::{Error, ErrorKind};

/// Work that is running, or its outcome.
pub(crate) struct SharedFuture<T> {
    outcome: RefCell<Option<T>>,
    waiting: RefCell<Vec<Waker>>,
}

impl<T: Clone> SharedFuture<T> {
    pub(crate) fn new() -> Self {
        Self { outcome: RefCell::new(None), waiting: RefCell::default() }
    }

    /// Sets the outcome and wakes every caller. The first outcome counts; later ones are dropped.
    pub(crate) fn resolve(&self, outcome: T) {
        self.outcome.borrow_mut().get_or_insert(outcome);
        // Taken out first: a caller may run at once and wait here again.
        let waiting = self.waiting.take();
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn is_resolved(&self) -> bool {
        self.outcome.borrow().is_some()
    }

    /// Waits for the outcome.
    pub(crate) fn outcome(&self) -> impl Future<Output = T> {
        poll_fn(|context| match &*self.outcome.borrow() {
            Some(outcome) => Poll::Ready(outcome.clone()),
            None => {
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
    }
}

/// Held by the caller that does the work. Resolves the future with `aborted` if the work is dropped half-way, so that no
/// other caller waits for ever.
pub(crate) struct Resolver<T: Clone>(pub(crate) Rc<SharedFuture<Result<T, Error>>>);

impl<T: Clone> Drop for Resolver<T> {
    fn drop(&mut self) {
        self.0.resolve(Err(ErrorKind::Aborted.into()));
    }
}

/// Runs both futures at the same time, and waits for both.
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
