//! [`Listeners`]: the functions to call when the session changes.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use super::snapshot::Session;
use super::state::State;

type Listener = Rc<dyn Fn(&Rc<Session>)>;

/// The app's listeners, and the snapshot that they received last.
pub(crate) struct Listeners {
    all: RefCell<Vec<(u32, Listener)>>,
    subscriptions: Cell<u32>,
    announced: RefCell<Rc<Session>>,
}

impl Listeners {
    /// No listeners yet. Listeners that are added later know `session`.
    pub(crate) fn new(session: Rc<Session>) -> Self {
        Self { all: RefCell::default(), subscriptions: Cell::default(), announced: RefCell::new(session) }
    }

    /// Adds a listener. The returned number ends the subscription.
    pub(crate) fn add(&self, listener: Listener) -> u32 {
        let number = self.subscriptions.get() + 1;
        self.subscriptions.set(number);
        self.all.borrow_mut().push((number, listener));
        number
    }

    pub(crate) fn remove(&self, number: u32) {
        let position = self.all.borrow().iter().position(|(other, _)| *other == number);
        // Dropped while nothing is borrowed: the listener may own other subscriptions, whose drop comes back here.
        let _removed = position.map(|position| self.all.borrow_mut().remove(position));
    }

    /// Notifies every listener, if the session has changed since the last notification.
    pub(crate) fn announce(&self, state: &State) {
        let session = state.session();
        if Rc::ptr_eq(&self.announced.replace(session.clone()), &session) {
            return;
        }
        // A listener may call anything, even this function: nothing is borrowed while it runs. Listeners that are added
        // meanwhile know the change.
        let (mut last, newest) = (0, self.subscriptions.get());
        let next = |last| self.all.borrow().iter().find(|(number, _)| *number > last && *number <= newest).cloned();
        while let Some((number, listener)) = next(last) {
            // If a listener has changed the session, all listeners were notified of that change already.
            if !Rc::ptr_eq(&state.session(), &session) {
                return;
            }
            listener(&session);
            last = number;
        }
    }
}
