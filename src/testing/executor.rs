//! Runs futures to their end in the present thread, and what was spawned beside them.

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// What lets time pass where nothing else can happen.
type Timer = Box<dyn Fn()>;

thread_local! {
    static SPAWNED: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
    static TIMERS: RefCell<Vec<Timer>> = const { RefCell::new(Vec::new()) };
}

/// Runs `future` to its end, and meanwhile what a client does by itself. Where everything waits for a time to come, the tabs'
/// clocks are set to it: nothing here takes any time.
///
/// # Panics
/// Where it waits for what never happens.
#[expect(clippy::panic, reason = "a test fails by panicking")]
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = core::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    let mut is_idle = false;
    // Whatever waits is asked again after each step of the others; so many steps in which it does not end are too many.
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

/// Runs a step of each, again and again while one of them ends; gives whether one did.
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
            // What was begun meanwhile comes last.
            tasks.append(begun);
            *begun = tasks;
            has_begun
        });
        if !ends && !has_begun {
            return has_ended;
        }
    }
}
