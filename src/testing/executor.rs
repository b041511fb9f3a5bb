//! Runs futures to their end in the present thread, together with the tasks that they spawn.

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Lets time pass if nothing else can happen.
type Timer = Box<dyn Fn()>;

thread_local! {
    static SPAWNED: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
    static TIMERS: RefCell<Vec<Timer>> = const { RefCell::new(Vec::new()) };
}

/// Runs `future` to its end, and the client's background tasks meanwhile. If all of them wait for a time, it sets the tabs'
/// clocks to that time, so that no test really waits.
///
/// # Panics
/// If `future` waits for something that never happens.
#[expect(clippy::panic, reason = "a test fails by panicking")]
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = core::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    let mut is_idle = false;
    // Each waiting task is polled after each step of the others. This limit finds a future that never ends.
    for _ in 0..100_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            run_spawned();
            return output;
        }
        let was_idle = is_idle;
        is_idle = !run_spawned();
        if is_idle && was_idle {
            TIMERS.with_borrow(|timers| timers.iter().for_each(|timer| timer()));
        }
    }
    panic!("it waits for what never happens");
}

pub(super) fn spawn(task: Task) {
    SPAWNED.with_borrow_mut(|tasks| tasks.push(task));
}

pub(super) fn add_timer(timer: Timer) {
    TIMERS.with_borrow_mut(|timers| timers.push(timer));
}

/// Polls each task, again and again while one of them ends. Returns whether one did.
pub(super) fn run_spawned() -> bool {
    let mut context = Context::from_waker(Waker::noop());
    let mut has_ended = false;
    loop {
        let mut tasks = SPAWNED.take();
        let before = tasks.len();
        tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
        let ends = tasks.len() < before;
        has_ended |= ends;
        let has_begun = SPAWNED.with_borrow_mut(|begun| {
            let has_begun = !begun.is_empty();
            // Tasks that were spawned meanwhile come last.
            tasks.append(begun);
            *begun = tasks;
            has_begun
        });
        if !ends && !has_begun {
            return has_ended;
        }
    }
}
