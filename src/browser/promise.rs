//! Promises as futures, and futures that run by themselves.
//!
//! Not `wasm-bindgen-futures`: there, a trap inside the module (a panic, a lost memory) leaves the promise
//! that the page waits for pending for ever, since it happens in a task that nobody observes. Here every
//! step of a task runs inside the reaction to a promise, so a trap rejects the reaction's own promise, and
//! what [`on_fault`] was given hears of it.

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

/// A task, or that it is being run, and whether it was woken meanwhile.
enum Slot {
    Free,
    Ready(Task),
    Running { woken: bool },
}

thread_local! {
    static TASKS: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
}

/// Sets what is called, with the reason, when a trap has ended the module. It must not call the module.
pub fn on_fault(handler: &Function) {
    let _ = page::set_on_fault(handler);
}

/// What a promise was settled with, and who waits for it.
#[derive(Default)]
struct Settlement {
    result: Option<Result<JsValue, JsValue>>,
    waiter: Option<Waker>,
}

/// Waits until a promise is settled. By hand and not an `async fn`, as all that waits goes through here.
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
        // Runs the task on, here and now: a trap in it is a fault.
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

/// What a promise comes to, as `read` makes it of what it was settled with.
pub(super) struct Read<F>(Settled, F);

impl Settled {
    pub(super) fn read<T, F: Fn(Result<JsValue, JsValue>) -> T + Unpin>(self, read: F) -> Read<F> {
        Read(self, read)
    }
}

impl<T, F: Fn(Result<JsValue, JsValue>) -> T + Unpin> Future for Read<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        Pin::new(&mut this.0).poll(context).map(&this.1)
    }
}

/// Lets what called go on first.
pub(crate) async fn turn() {
    let _ = settled(&Promise::resolve(&JsValue::UNDEFINED)).await;
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
