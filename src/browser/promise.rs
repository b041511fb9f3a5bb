//! Promises as futures, and futures that run by themselves.
//!
//! Not `wasm-bindgen-futures`: there, a trap inside the module (a panic, a lost memory) leaves the promise
//! that the page waits for pending for ever, since it happens in a task that nobody observes. Here every
//! step of a task runs inside the reaction to a promise, so a trap rejects the reaction's own promise, and
//! what [`on_fault`] was given hears of it.

use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Wake;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// A task, or that it is being run, and whether it was woken meanwhile.
enum Slot {
    Free,
    Ready(Task),
    Running { woken: bool },
}

thread_local! {
    static TASKS: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
    static ON_FAULT: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Sets what is called, with the reason, when a trap has ended the module. It must not call the module.
pub fn on_fault(handler: Function) {
    ON_FAULT.set(Some(handler));
}

/// What a promise was settled with, and who waits for it.
#[derive(Default)]
struct Settlement {
    result: Option<Result<JsValue, JsValue>>,
    waiter: Option<Waker>,
}

/// Waits until `promise` is settled.
pub(super) async fn settled(promise: &Promise) -> Result<JsValue, JsValue> {
    let settlement: Rc<RefCell<Settlement>> = Rc::default();
    let reaction = |result: fn(JsValue) -> Result<JsValue, JsValue>| {
        let settlement = settlement.clone();
        Closure::<dyn FnMut(JsValue)>::new(move |value| {
            settlement.borrow_mut().result = Some(result(value));
            let waiter = settlement.borrow_mut().waiter.take();
            // Runs the task on, here and now: a trap in it rejects `reacted`.
            if let Some(waiter) = waiter {
                waiter.wake();
            }
        })
    };
    let (fulfilled, rejected) = (reaction(Ok), reaction(Err));
    let reacted = promise.then2(&fulfilled, &rejected);
    if let Some(handler) = ON_FAULT.with_borrow(Clone::clone) {
        // `Promise::catch` of js-sys takes a closure of ours, and this must not be one.
        if let Ok(catch) = Reflect::get(&reacted, &"catch".into()) {
            let _ = catch.unchecked_ref::<Function>().call1(&reacted, &handler);
        }
    }
    poll_fn(|context| {
        let mut settlement = settlement.borrow_mut();
        match settlement.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                settlement.waiter = Some(context.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}

/// Runs `future` as far as it goes now, and on whenever something that it waits for has happened.
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

/// The task, if it is there to be run. One that is being run further up the stack will be run once more there.
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

/// Ends a run, and tells whether the task was woken during it.
fn put_back(id: usize, after: Slot) -> bool {
    let before = TASKS.with_borrow_mut(|tasks| tasks.get_mut(id).map(|slot| core::mem::replace(slot, after)));
    matches!(before, Some(Slot::Running { woken: true }))
}
