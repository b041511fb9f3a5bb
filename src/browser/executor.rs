//! The executor of the npm package: promises as futures, and tasks that run by themselves.
//!
//! `wasm-bindgen-futures` runs tasks in a microtask that nobody observes. If the module traps there (a panic, exhausted
//! memory), the promise that the page waits for never settles. Here every step of a task runs inside the reaction to a
//! promise. A trap rejects the reaction's own promise, and calls the handler that [`on_fault`] was given.

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Wake;

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::page;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// A task, or a note that it is running and whether it was woken meanwhile.
enum Slot {
    Free,
    Ready(Task),
    Running { woken: bool },
}

thread_local! {
    static TASKS: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
}

/// Sets the handler that is called, with the reason, when a trap has ended the module. The handler must not call the module.
pub fn on_fault(handler: &Function) {
    let _ = page::set_on_fault(handler);
}

/// The outcome of a promise, and the task that waits for it.
#[derive(Default)]
struct Settlement {
    result: Option<Result<JsValue, JsValue>>,
    waiter: Option<Waker>,
}

/// Waits until a promise is settled. Written by hand instead of as an `async fn`, because all waiting goes through it.
pub(super) struct Settled {
    settlement: Rc<RefCell<Settlement>>,
    _reaction: Closure<dyn Fn(bool, JsValue)>,
}

pub(super) fn settled(promise: &Promise) -> Settled {
    let settlement: Rc<RefCell<Settlement>> = Rc::default();
    let settling = settlement.clone();
    let reaction = Closure::<dyn Fn(bool, JsValue)>::new(move |is_fulfilled, value| {
        let mut settled = settling.borrow_mut();
        settled.result = Some(if is_fulfilled { Ok(value) } else { Err(value) });
        let waiter = settled.waiter.take();
        drop(settled);
        // Continues the task immediately: a trap in it is a fault.
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    });
    let _ = page::react(promise, reaction.as_ref());
    Settled { settlement, _reaction: reaction }
}

impl Future for Settled {
    type Output = Result<JsValue, JsValue>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut settlement = self.settlement.borrow_mut();
        let result = settlement.result.take();
        if result.is_none() {
            settlement.waiter = Some(context.waker().clone());
        }
        result.map_or(Poll::Pending, Poll::Ready)
    }
}

/// Runs `future` as far as possible now, and continues it whenever something that it waits for has happened.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    let task = Slot::Ready(Box::pin(future));
    let id = TASKS.with_borrow_mut(|tasks| match tasks.iter_mut().enumerate().find(|(_, slot)| matches!(slot, Slot::Free)) {
        Some((id, free)) => {
            *free = task;
            id
        }
        None => {
            tasks.push(task);
            tasks.len() - 1
        }
    });
    run(id);
}

struct TaskWaker(usize);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        run(self.0);
    }
}

fn run(id: usize) {
    let waker = Waker::from(Arc::new(TaskWaker(id)));
    while let Some(mut task) = take(id) {
        // Nothing is borrowed while a task runs: it may spawn others, or wake any.
        let is_done = task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if !put_back(id, if is_done { Slot::Free } else { Slot::Ready(task) }) {
            return;
        }
    }
}

/// Takes the task, if it is ready to run. A task that is running further up the stack will run once more there.
fn take(id: usize) -> Option<Task> {
    TASKS.with_borrow_mut(|tasks| {
        let slot = tasks.get_mut(id)?;
        match core::mem::replace(slot, Slot::Running { woken: false }) {
            Slot::Ready(task) => return Some(task),
            Slot::Running { .. } => *slot = Slot::Running { woken: true },
            Slot::Free => *slot = Slot::Free,
        }
        None
    })
}

/// Ends a run, and returns whether the task was woken during it.
fn put_back(id: usize, after: Slot) -> bool {
    let before = TASKS.with_borrow_mut(|tasks| tasks.get_mut(id).map(|slot| core::mem::replace(slot, after)));
    matches!(before, Some(Slot::Running { woken: true }))
}
