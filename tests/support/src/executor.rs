//! The smallest executor that notices a missing wake-up.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Lets other tasks run.
pub async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Whether a task was woken since it ran last.
pub struct Woken(AtomicBool);

impl Woken {
    /// For a task that has not run yet, and so is to run.
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    /// Whether the task is to run; resets the flag.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A task that is polled only after it was woken.
pub struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    woken: Arc<Woken>,
    output: Option<T>,
}

impl<'a, T> Task<'a, T> {
    pub fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self { future: Box::pin(future), woken: Woken::new(), output: None }
    }

    /// Runs a step, if the task was woken.
    pub fn step(&mut self) -> bool {
        if self.output.is_some() || !self.woken.take() {
            return false;
        }
        let waker = Waker::from(self.woken.clone());
        if let Poll::Ready(output) = self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.output = Some(output);
        }
        true
    }

    pub fn is_done(&self) -> bool {
        self.output.is_some()
    }

    pub fn output(self) -> T {
        self.output.expect("it waits, and nobody will wake it")
    }
}

thread_local! {
    /// The background tasks of all tabs.
    static SPAWNED: RefCell<Vec<Task<'static, ()>>> = const { RefCell::new(Vec::new()) };
}

/// Runs `task` in the background.
pub fn spawn(task: Pin<Box<dyn Future<Output = ()>>>) {
    SPAWNED.with_borrow_mut(|tasks| tasks.push(Task::new(task)));
}

/// Runs a step of each background task.
pub fn run_spawned() -> bool {
    let mut tasks = SPAWNED.take();
    let is_any = tasks.iter_mut().map(Task::step).fold(false, |any, one| any | one);
    tasks.retain(|task| task.output.is_none());
    SPAWNED.with_borrow_mut(|begun| {
        let has_begun = !begun.is_empty();
        // Tasks that were spawned meanwhile come last.
        tasks.append(begun);
        *begun = tasks;
        is_any || has_begun
    })
}

/// Runs all of `tasks`, one step at a time in turn, together with the background tasks.
pub fn join<T>(mut tasks: Vec<Task<'_, T>>) -> Vec<T> {
    while tasks.iter_mut().map(Task::step).fold(false, |any, one| any | one) | run_spawned() {}
    tasks.into_iter().map(Task::output).collect()
}

/// Runs one future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    join(vec![Task::new(future)]).remove(0)
}
